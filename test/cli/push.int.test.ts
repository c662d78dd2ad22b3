import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PushWorld } from '../push/push-world.ts';
import { roomcast } from '../support/command-line.ts';
import { OPERATOR_ENV } from '../support/operator.ts';
import { World } from '../support/world.ts';

let of: PushWorld;
beforeAll(async () => {
  of = await PushWorld.start({ env: OPERATOR_ENV });
});
afterAll(() => of[Symbol.asyncDispose]());

function test({ ingests: [ingest] }: World, ...args: readonly string[]) {
  const url = `http://127.0.0.1:${ingest?.httpPort ?? 0}`;
  return roomcast(['push', 'test', ...args, '--url', url], { env: OPERATOR_ENV });
}

describe('roomcast push test', () => {
  it('rings every phone of a user and says what their push services answered', async () => {
    const [phone, lost] = [await of.phoneOf('provider', 4, 'fr'), await of.phoneOf('provider', 4)];
    of.service.respond = ({ path }) => ({ status: path === lost.path ? 410 : 201 });
    const { code, out } = await test(of.world, '--user', 'provider:4', '--reason', 'it is quiet');
    expect(code).toBe(0);
    const { host } = new URL(of.service.origin);
    const line = (end: string) => new RegExp(`^webpush\t${host}\tregistered \\S+Z\t${end}$`, 'm');
    expect(out).toMatch(line('accepted'));
    expect(out).toMatch(line('gone: status_410'));
    expect((await phone.shows(1))[0]).toMatchObject({ title: 'Test', tag: 'test', data: { event: 'test' } });
    const log = of.log.join('\n');
    expect(log).toContain('an operator called');
    expect(log).toContain('it is quiet');
    expect(log).toContain('an operator tested the devices of a user');
    for (const text of [out, log]) for (const { path } of [phone, lost]) expect(text).not.toContain(path);
  });

  it('says so where nobody is rung', async () => {
    expect(await test(of.world, '--user', 'provider:5')).toMatchObject({
      code: 1,
      out: 'provider:5 has no device\n',
    });
  });

  it('says so where push has never run', async () => {
    await using world = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    expect(await test(world, '--user', 'provider:4')).toMatchObject({
      code: 1,
      err: expect.stringContaining('503: Push has never run on this broker') as unknown,
    });
  });
});
