import { describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import { connect } from 'amqplib';
import { Cursor } from '../../shared/contract/cursor.ts';
import { encodeHeaders } from '../../shared/contract/message.ts';
import { EXCHANGE } from '../../shared/contract/topology.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { World } from '../support/world.ts';

const nameOf = ({ instance, connection_id }: { instance: string; connection_id: number }) =>
  `${instance}/${connection_id}`;

describe('the sessions that operators see', () => {
  it('are those of every instance, of a user or a room, and nothing more personal than id and role', async () => {
    await using world = await World.start({ deliveries: 2, env: OPERATOR_ENV });
    const operator = new Operator(world);
    await using one = await world.join('provider', 4, { delivery: 0 });
    await using two = await world.join('provider', 4, { delivery: 1 });
    await using other = await world.join('customer', 6, { delivery: 1 });
    await using stranger = await world.open({ token: 'none' }, 'customer', 7);
    await stranger.closed;
    const all = await operator.sessions();
    expect(all.missing).toEqual([]);
    expect(all.sessions).toHaveLength(3);
    const [of = '', at = ''] = world.deliveries.map(({ instance }) => instance);
    const ofUser = await operator.sessions('?user=provider:4');
    expect(ofUser.sessions.map(({ instance }) => instance).sort()).toEqual([of, at].sort());
    const [row] = (await operator.sessions('?room=customer_6')).sessions;
    const stamp = expect.stringMatching(/^2\d{3}-.*Z$/) as unknown;
    expect(row).toEqual({
      connection_id: expect.any(Number) as unknown,
      instance: at,
      transport: 'websocket',
      role: 'customer',
      user_id: 6,
      rooms: ['customer_6'],
      since: stamp,
      last_heard_at: stamp,
    });
    expect((await operator.sessions('?room=calendar')).sessions).toHaveLength(2);
    for (const client of [one, two, other]) await client.close();
    while ((await operator.sessions()).sessions.length > 0);
  });

  it('come by pages over all instances, each once', async () => {
    await using world = await World.start({ deliveries: 2, env: OPERATOR_ENV });
    const operator = new Operator(world);
    const clients = await Promise.all(
      Array.from({ length: 7 }, (_, n) => world.join('customer', n + 1, { delivery: n % 2 })),
    );
    const names: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined = ''; cursor !== undefined; pages += 1) {
      const page = await operator.sessions(`?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(page.sessions.length).toBeLessThanOrEqual(2);
      names.push(...page.sessions.map(nameOf));
      ({ cursor } = page);
    }
    expect([new Set(names).size, names.length, pages]).toEqual([7, 7, 4]);
    await Promise.all(clients.map((client) => client.close()));
  });

  it.each([
    ['a user without a role', '?user=4', '/user'],
    ['a room that there is not', '?room=lobby', '/room'],
    ['a page that is too long', '?limit=1001', '/limit'],
    ['a cursor that is none', '?cursor=x', '/cursor'],
    ['a field that there is not', '?role=admin', ''],
  ])('are refused for %s', async (_what, query, path) => {
    await using world = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    const answer = await new Operator(world).ask('GET', `sessions${query}`);
    const problem = (await answer.json()) as { code: string; errors: { path: string }[] };
    expect([answer.status, problem.code, problem.errors[0]?.path]).toEqual([422, 'invalid_request', path]);
  });
});

describe('an instance', () => {
  it('of a version that takes no requests is named as missing; one that has stopped in order is not', async () => {
    await using world = await World.start({
      deliveries: 2,
      env: { ...OPERATOR_ENV, ADMIN_ANSWER_MS: '2000' },
    });
    const operator = new Operator(world);
    await world.deliveries[1]?.stop();
    expect(await operator.sessions()).toEqual({ sessions: [], missing: [] });
    const model = await connect(world.amqpUrl);
    const channel = await model.createConfirmChannel();
    const cursor = Cursor.parse(v7());
    channel.publish(EXCHANGE, 'mark.old', Buffer.alloc(0), {
      messageId: cursor,
      type: 'mark',
      appId: 'old',
      headers: encodeHeaders(cursor, []),
    });
    await channel.waitForConfirms();
    await model.close();
    expect(await operator.sessions()).toEqual({ sessions: [], missing: ['old'] });
  });
});
