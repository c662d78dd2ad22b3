import { describe, expect, it } from '@jest/globals';
import { roomcast } from '../support/command-line.ts';
import { appointment } from '../support/events.ts';
import { OPERATOR_ENV } from '../support/operator.ts';
import { World } from '../support/world.ts';

describe("an operator's commands", () => {
  it('list sessions, send their events once more, and end them', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    const url = ['--url', `http://127.0.0.1:${world.ingests[0]?.httpPort ?? 0}`];
    const run = (...args: string[]) => roomcast([...args, ...url], { env: OPERATOR_ENV });
    await using client = await world.join('customer', 6);
    const list = await run('sessions', '--user', 'customer:6');
    expect(list).toMatchObject({ code: 0, err: '' });
    expect(list.out).toMatch(/^\S+\/\d+\twebsocket\tcustomer:6\t\S+Z\t\S+Z\t0 unconfirmed\tcustomer_6\n$/);
    expect((await run('sessions', '--room', 'admin')).out).toBe('nobody is connected\n');
    const json = JSON.parse((await run('sessions', '--json')).out) as object;
    expect(json).toMatchObject({ sessions: [{ user_id: 6 }], missing: [] });

    const { cursor } = await world.publish(appointment({ id: 'one' }));
    await client.events(1);
    const replay = ['replay', '--user', 'customer:6', '--from', cursor];
    expect((await run(...replay)).out).toBe('1 events would go to 1 sessions\n');
    expect(await client.quiet()).toEqual([]);
    expect((await run(...replay, '--send', '--json')).out).toBe('{"sessions":1,"missing":[],"events":1}\n');
    expect(await client.events(1)).toMatchObject([{ id: 'one' }]);

    const [name = ''] = list.out.split('\t');
    const ended = await run('disconnect', '--connection', name, '--reason', 'a test');
    expect(ended).toMatchObject({ code: 0, out: '1 ended\n', err: '' });
    expect((await client.closed).code).toBe(1012);
  });

  it('say what is wrong', async () => {
    await using world = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    const url = ['--url', `http://127.0.0.1:${world.ingests[0]?.httpPort ?? 0}`];
    const run = (...args: string[]) => roomcast([...args, ...url], { env: OPERATOR_ENV });
    expect(await run('disconnect', '--reason', 'a test')).toMatchObject({
      code: 1,
      err: expect.stringContaining('422: expected user, room or connection') as unknown,
    });
    expect(await run('disconnect', '--user', 'customer:6')).toMatchObject({ code: 2 });
    expect(await roomcast(['sessions', '--url', 'nowhere'], { env: OPERATOR_ENV })).toMatchObject({
      code: 2,
    });
  });
});
