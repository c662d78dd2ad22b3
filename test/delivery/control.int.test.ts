import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { v7 } from 'uuid';
import { Cursor } from '../../shared/contract/cursor.ts';
import { CONTROL_TYPE, encodeHeaders } from '../../shared/contract/message.ts';
import { CONTROL_KEY } from '../../shared/contract/routing.ts';
import { EXCHANGE } from '../../shared/contract/topology.ts';
import { World } from '../support/world.ts';

const TWO_MINUTES_MS = 120_000;

/** Somebody who asks by hand. */
async function asking(amqpUrl: string) {
  const model = await connect(amqpUrl);
  const channel = await model.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const answers: { readonly id: unknown; readonly body: unknown }[] = [];
  let wake: () => void = () => undefined;
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      const body = JSON.parse(message.content.toString()) as unknown;
      answers.push({ id: message.properties.correlationId, body });
      wake();
    },
    { noAck: true },
  );
  return {
    send: (body: object | string, agoMs = 0): string => {
      const cursor = Cursor.parse(v7({ msecs: Date.now() - agoMs }));
      const text = typeof body === 'string' ? body : JSON.stringify({ reply_to: queue, ...body });
      channel.publish(EXCHANGE, CONTROL_KEY, Buffer.from(text), {
        messageId: cursor,
        type: CONTROL_TYPE,
        appId: 'by hand',
        headers: encodeHeaders(cursor, []),
      });
      return cursor;
    },
    next: async () => {
      while (answers.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return answers.shift();
    },
    [Symbol.asyncDispose]: () => model.close(),
  };
}

describe('a control request', () => {
  it('of a later version is answered as not understood, and what is no request or old is passed over', async () => {
    await using world = await World.start({ ingests: 0 });
    await using client = await world.join('customer', 6);
    await using asker = await asking(world.amqpUrl);
    asker.send('no JSON');
    asker.send({ request: { ask: 'disconnect', of: {}, reason: 'long ago' } }, TWO_MINUTES_MS);
    const later = asker.send({ request: { ask: 'sing' } });
    expect(await asker.next()).toEqual({ id: later, body: { not_understood: true } });
    const known = asker.send({ request: { ask: 'sessions', of: {}, limit: 10 } });
    expect(await asker.next()).toMatchObject({
      id: known,
      body: { sessions: [{ user_id: 6 }], more: false },
    });
    expect(await client.quiet()).toEqual([]);
  });

  it('is no event for those who come back from before it', async () => {
    await using world = await World.start({ ingests: 0 });
    await using first = await world.join('customer', 6);
    const cursor = String(first.frames.find(({ type }) => type === 'connected')?.['cursor']);
    await using asker = await asking(world.amqpUrl);
    asker.send({ request: { ask: 'sing' } });
    await asker.next();
    await using back = await world.connect('customer', 6, { query: { cursor } });
    expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 0 });
    await using late = await World.start({ amqpUrl: world.amqpUrl, ingests: 0 });
    await using elsewhere = await late.connect('customer', 6, { query: { cursor } });
    expect(await elsewhere.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 0 });
  });
});
