import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { publishOldMark } from '../support/old-mark.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { World } from '../support/world.ts';
import { until } from '../support/until.ts';

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
      behind: 0,
    });
    expect((await operator.sessions('?room=calendar')).sessions).toHaveLength(2);
    for (const client of [one, two, other]) await client.close();
    await until(async () => (await operator.sessions()).sessions.length === 0);
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
});

describe('an operator ends sessions', () => {
  const end = async (operator: Operator, what: object) => {
    const answer = await operator.ask('POST', 'disconnect', { reason: 'a test', ...what });
    return { status: answer.status, body: (await answer.json()) as object };
  };

  it('of a user on every instance with 1012, and they come back', async () => {
    const log: string[] = [];
    await using world = await World.start({ deliveries: 2, log, env: OPERATOR_ENV });
    const operator = new Operator(world);
    await using one = await world.join('provider', 4, { delivery: 0 });
    await using two = await world.join('provider', 4, { delivery: 1 });
    await using other = await world.join('customer', 4, { delivery: 1 });
    const ended = await end(operator, { user: 'provider:4', reason: 'wrong phone' });
    expect(ended).toEqual({ status: 200, body: { sessions: 2, missing: [] } });
    for (const client of [one, two]) {
      await client.until({ type: 'going_away' });
      expect((await client.closed).code).toBe(1012);
    }
    expect(await other.quiet()).toEqual([]);
    await using back = await world.join('provider', 4);
    expect(await back.quiet()).toEqual([]);
    const calls = log.filter((line) => line.includes('an operator called'));
    expect(calls.find((line) => line.includes('/disconnect'))).toMatch(/"key":1,.*"user_id":4.*wrong phone/);
    expect(log.filter((line) => line.includes('an operator ends sessions'))).toHaveLength(2);
  });

  it('of a room, and one by its name', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    const operator = new Operator(world);
    await using one = await world.join('customer', 6);
    await using two = await world.join('customer', 6);
    await using other = await world.join('provider', 4);
    const [first] = (await operator.sessions('?user=customer:6')).sessions;
    if (first === undefined) throw new Error('nobody is there');
    expect(await end(operator, { connection: nameOf(first) })).toMatchObject({ body: { sessions: 1 } });
    const gone = await Promise.race([one.closed, two.closed]);
    expect([gone.code, (await operator.sessions('?user=customer:6')).sessions.length]).toEqual([1012, 1]);
    expect(await end(operator, { room: 'calendar' })).toMatchObject({ body: { sessions: 1 } });
    expect((await other.closed).code).toBe(1012);
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
    await publishOldMark(channel);
    await model.close();
    expect(await operator.sessions()).toEqual({ sessions: [], missing: ['old'] });
  });
});
