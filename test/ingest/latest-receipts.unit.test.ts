import { describe, expect, it } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { LatestReceipts, type LatestReceiptsOptions } from '../../services/ingest/admin/latest-receipts.ts';
import {
  PUSHES_TYPE,
  RECEIPTS_TYPE,
  type PushReceipt,
  type Receipt,
  type ReceiptStage,
} from '../../shared/contract/receipt.ts';
import { cursorAt, NOON } from '../delivery/fakes.ts';
import { deliveryOf } from '../support/scripted-channel.ts';

const PROVIDER = { role: 'provider', user_id: 4 } as const;
const MINUTE_MS = 60_000;

const receipt = (id: string, stage: ReceiptStage = 'written'): Receipt =>
  [
    ...[id, cursorAt(NOON), 'provider', 4, stage, new Date(NOON).toISOString(), 1, 'ws-1'],
  ] as unknown as Receipt;

const pushed = (id: string, stage: 'pushed' | 'failed' = 'pushed'): PushReceipt => {
  return [id, cursorAt(NOON), 'provider', 4, stage, new Date(NOON).toISOString(), 'push-1', 'webpush'];
};

/** A stream that brings what is in it from an offset on; each reading notes where it began. */
function stream() {
  const messages: { properties: object; content: Buffer }[] = [];
  const begun: unknown[] = [];
  let nowMs = 0;
  const add = (properties: object, content: unknown) =>
    messages.push({
      properties: { ...properties, headers: { 'x-stream-offset': messages.length } },
      content: Buffer.from(JSON.stringify(content)),
    });
  const channel = {
    prefetch: () => Promise.resolve(),
    consume: (
      _queue: string,
      onMessage: (message: ConsumeMessage) => void,
      { arguments: { 'x-stream-offset': from } }: { arguments: { 'x-stream-offset': unknown } },
    ) => {
      begun.push(from);
      const rest = messages.slice(typeof from === 'number' ? from : 0);
      setImmediate(() => rest.forEach((message, n) => onMessage(deliveryOf(message, n + 1))));
      return Promise.resolve();
    },
    ack: () => undefined,
    on: () => undefined,
    once: () => undefined,
    close: () => Promise.resolve(),
  };
  const connection = { model: { createChannel: () => Promise.resolve(channel) } };
  const outcomes = {
    flush: () => {
      const mark = cursorAt(NOON);
      add({ type: 'outcomes', messageId: mark }, []);
      return Promise.resolve(mark);
    },
  };
  const options = { connection, outcomes, now: () => nowMs } as unknown as LatestReceiptsOptions;
  return {
    receipts: new LatestReceipts(options),
    begun,
    write: (...batch: readonly Receipt[]) => add({ type: RECEIPTS_TYPE }, batch),
    push: (...batch: readonly PushReceipt[]) => add({ type: PUSHES_TYPE }, batch),
    pass: (ms: number) => (nowMs += ms),
  };
}

describe('the receipts of the latest events', () => {
  const ids = new Set(['a']);

  it('tell the furthest stage of each person, whatever comes last', async () => {
    const { receipts, write } = stream();
    write(receipt('a'), receipt('a', 'seen'), receipt('a', 'delivered'));
    write(receipt('b'));
    expect(await receipts.read(ids, NOON)).toBe(true);
    expect(receipts.stageOf('a', PROVIDER)).toBe('seen');
    expect(receipts.stageOf('a', { role: 'customer', user_id: 4 })).toBeUndefined();
  });

  it('tell of a phone that was woken, until its owner has read the event, and nothing of one that could not be', async () => {
    const { receipts, write, push } = stream();
    write(receipt('a'), receipt('read'));
    push(pushed('a'), pushed('read'), pushed('nobody', 'failed'));
    write(receipt('read', 'delivered'));
    await receipts.read(ids, NOON);
    const stages = ['a', 'read', 'nobody'].map((id) => receipts.stageOf(id, PROVIDER));
    expect(stages).toEqual(['pushed', 'delivered', undefined]);
  });

  it('are read once: a pass goes on from the one before, and knows what that has read', async () => {
    const { receipts, write, begun } = stream();
    write(receipt('a'));
    write(receipt('later'));
    await receipts.read(ids, NOON);
    write(receipt('a', 'delivered'));
    await receipts.read(new Set(['later', 'a']), NOON);
    expect(begun).toEqual([{ '!': 'timestamp', value: NOON / 1000 - 300 }, 3]);
    expect([receipts.stageOf('a', PROVIDER), receipts.stageOf('later', PROVIDER)]).toEqual([
      'delivered',
      'written',
    ]);
  });

  it('are read from the oldest event on again where nobody looked for a minute', async () => {
    const { receipts, write, begun, pass } = stream();
    write(receipt('a'));
    await receipts.read(ids, NOON);
    pass(MINUTE_MS + 1);
    await receipts.read(ids, NOON + MINUTE_MS);
    expect(begun[1]).toEqual({ '!': 'timestamp', value: NOON / 1000 - 240 });
    expect(receipts.stageOf('a', PROVIDER)).toBe('written');
  });

  it('are remembered of a thousand other events, and of those that were asked for', async () => {
    const { receipts, write } = stream();
    write(receipt('a'));
    for (let n = 0; n < 1_001; n += 1) write(receipt(`e${n}`));
    await receipts.read(ids, NOON);
    const known = ['a', 'e0', 'e1', 'e1000'].map((id) => receipts.stageOf(id, PROVIDER));
    expect(known).toEqual(['written', undefined, 'written', 'written']);
  });
});
