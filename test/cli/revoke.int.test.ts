import { describe, expect, it } from '@jest/globals';
import { roomcast } from '../support/command-line.ts';
import { OPERATOR_ENV } from '../support/operator.ts';
import { World } from '../support/world.ts';
import { until } from '../support/until.ts';

describe('roomcast revoke', () => {
  it('ends the sessions of a user, lists what is revoked, and unrevoke lets them in again', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    const url = ['--url', `http://127.0.0.1:${world.ingests[0]?.httpPort ?? 0}`];
    const run = (...args: string[]) => roomcast([...args, ...url], { env: OPERATOR_ENV });
    await using client = await world.join('customer', 6);
    const revoked = await run('revoke', '--user', 'customer:6', '--reason', 'phone was stolen');
    expect(revoked).toMatchObject({ code: 0, err: '' });
    expect((await client.closed).code).toBe(3000);
    const list = await run('revocations');
    expect(list.out).toBe(revoked.out);
    expect(list.out).toMatch(/^\S+\t\S+Z\tcustomer:6\tphone was stolen\n$/);
    const [id = ''] = list.out.split('\t');
    expect(await run('unrevoke', id)).toMatchObject({ code: 0, out: 'ended\n' });
    await until(async () => (await run('revocations')).out === 'nothing is revoked\n');
    const again = await world.join('customer', 6);
    await again.close();
  });

  it('says what is wrong', async () => {
    await using world = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    const url = ['--url', `http://127.0.0.1:${world.ingests[0]?.httpPort ?? 0}`];
    const why = ['--reason', 'a test', ...url];
    expect(await roomcast(['revoke', '--user', 'provider', ...why], { env: OPERATOR_ENV })).toMatchObject({
      code: 1,
      err: expect.stringContaining('422: /user: expected a role and an id, such as provider:4') as unknown,
    });
    expect(await roomcast(['revoke', '--user', 'provider:4', ...why], { env: {} })).toMatchObject({
      code: 1,
      err: expect.stringContaining('Set ADMIN_API_KEYS') as unknown,
    });
    expect(await roomcast(['revoke', '--user', 'provider:4', ...url], { env: OPERATOR_ENV })).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason') as unknown,
    });
  });
});
