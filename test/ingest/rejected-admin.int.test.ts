import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import { appointment } from '../support/events.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { World } from '../support/world.ts';
import { until } from '../support/until.ts';

interface Row {
  readonly number: number;
  readonly message_id?: string;
  readonly reason: string;
}

async function world(...ids: string[]) {
  const log: string[] = [];
  const one = await World.start({ deliveries: 0, log, env: OPERATOR_ENV });
  const operator = new Operator(one);
  const model = await connect(one.amqpUrl);
  const channel = await model.createConfirmChannel();
  for (const id of ids) {
    const wrong = appointment({ id, event: 'appointment.lost' });
    channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(wrong)), { messageId: id });
  }
  await channel.waitForConfirms();
  await model.close();
  const list = async (query = '') => {
    const answer = await operator.ask('GET', `rejected${query}`);
    return (await answer.json()) as { rejected: Row[]; cursor?: string };
  };
  await until(async () => (await list()).rejected.length >= ids.length);
  const idsIn = async () => (await list()).rejected.map(({ message_id }) => message_id);
  return { operator, list, idsIn, log, [Symbol.asyncDispose]: () => one[Symbol.asyncDispose]() };
}

describe('rejected messages', () => {
  it('are listed by pages, and shown whole', async () => {
    await using here = await world('a', 'b', 'c');
    const first = await here.list('?limit=2');
    expect(first.rejected).toMatchObject([
      { number: 1, message_id: 'a', reason: expect.stringContaining('invalid_event') as unknown },
      { number: 2, message_id: 'b' },
    ]);
    const rest = await here.list(`?limit=2&cursor=${first.cursor ?? ''}`);
    expect([rest.rejected.map(({ number }) => number), rest.cursor]).toEqual([[3], undefined]);
    const shown = (await (await here.operator.ask('GET', 'rejected/2')).json()) as { body: string };
    expect(JSON.parse(shown.body)).toMatchObject({ id: 'b' });
    expect((await here.operator.ask('GET', 'rejected/4')).status).toBe(404);
    expect((await here.operator.ask('GET', 'rejected/none')).status).toBe(422);
    expect(await here.idsIn()).toEqual(['a', 'b', 'c']);
  });

  it('are dropped or sent once more by their place, and not where another one stands there by now', async () => {
    await using here = await world('a', 'b', 'c');
    const { operator, idsIn, log } = here;
    expect((await operator.ask('DELETE', 'rejected/1?message_id=b')).status).toBe(404);
    expect((await operator.ask('DELETE', 'rejected/1?message_id=a')).status).toBe(204);
    expect(await idsIn()).toEqual(['b', 'c']);
    expect((await operator.ask('DELETE', 'rejected/1?message_id=a')).status).toBe(404);
    const published = await operator.ask('POST', 'rejected/1/publish');
    expect([published.status, await published.json()]).toMatchObject([200, { message_id: 'b' }]);
    // It is as wrong as before, and comes back behind the other.
    await until(async () => (await idsIn()).join() === 'c,b');
    const calls = log.filter((line) => line.includes('an operator called'));
    expect(
      calls.find((line) => line.includes('"method":"DELETE"') && line.includes('"outcome":204')),
    ).toMatch(/"did":\{.*"message_id":"a"/);
  });

  it('are looked at as far as 1,000 of them, or 32 MiB of their bodies; the rest wait behind', async () => {
    await using one = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    const operator = new Operator(one);
    const model = await connect(one.amqpUrl);
    const channel = await model.createConfirmChannel();
    const put = async (count: number, bytes: number) => {
      for (let n = 0; n < count; n += 1) channel.sendToQueue(REJECTED, Buffer.alloc(bytes, 'x'));
      await channel.waitForConfirms();
    };
    const seen = async () => {
      const answer = await operator.ask('GET', 'rejected?limit=1000');
      return ((await answer.json()) as { rejected: Row[] }).rejected.length;
    };
    await put(1_001, 10);
    expect(await seen()).toBe(1_000);
    expect((await operator.ask('GET', 'rejected/1001')).status).toBe(422);
    await channel.purgeQueue(REJECTED);
    await put(34, 1024 ** 2);
    expect(await seen()).toBe(32);
    expect((await operator.ask('GET', 'rejected/33')).status).toBe(404);
    await model.close();
  });
});
