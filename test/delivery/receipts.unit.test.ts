import { describe, expect, it } from '@jest/globals';
import { LeftUnread } from '../../services/delivery/receipts/left-unread.ts';
import { Receipts } from '../../services/delivery/receipts/receipts.ts';
import { ReceiptBatch } from '../../shared/contract/receipt.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { cursorAt, NOON } from './fakes.ts';

const PROVIDER = { role: 'provider', userId: 4 } as const;

function receiptsAt(nowMs: number) {
  const dropped: number[] = [];
  const seconds: number[] = [];
  const receipts = new Receipts({
    instance: 'delivery-1',
    metrics: {
      receipts: { inc: () => undefined },
      receiptsDropped: { inc: (count = 1) => void dropped.push(count) },
      timeToDelivered: { observe: (value) => void seconds.push(value) },
    },
    wall: () => wallTime(nowMs),
  });
  return { receipts, dropped: () => dropped.reduce((sum, count) => sum + count, 0), seconds };
}

describe('receipts of an instance', () => {
  it('are lists that the schema of a batch takes, each taken once', () => {
    const { receipts, seconds } = receiptsAt(NOON + 500);
    const cursor = cursorAt(NOON);
    receipts.add('written', { id: 'a', cursor }, PROVIDER, 57);
    receipts.add('delivered', { id: 'a', cursor }, PROVIDER, 57);
    const at = new Date(NOON + 500).toISOString();
    expect(ReceiptBatch.parse(receipts.take())).toEqual([
      ['a', cursor, 'provider', 4, 'written', at, 57, 'delivery-1'],
      ['a', cursor, 'provider', 4, 'delivered', at, 57, 'delivery-1'],
    ]);
    expect(receipts.take()).toEqual([]);
    expect(seconds).toEqual([0.5]);
  });

  it('wait for a broker that is away, the newest up to a bound, and those beyond are counted', () => {
    const { receipts, dropped } = receiptsAt(NOON);
    const add = (id: string) => receipts.add('written', { id, cursor: cursorAt(NOON) }, PROVIDER, 1);
    for (let count = 0; count < 49_999; count += 1) add('before');
    const taken = receipts.take();
    add('meanwhile');
    receipts.giveBack(taken);
    expect(dropped()).toBe(0);
    add('too much');
    expect(dropped()).toBe(1);
    const all = receipts.take();
    expect([all.length, all[0]?.[0], all.at(-1)?.[0]]).toEqual([50_000, 'before', 'meanwhile']);
    add('meanwhile');
    receipts.giveBack(all);
    expect([receipts.take().length, dropped()]).toEqual([50_000, 2]);
  });
});

describe('what a session left unread', () => {
  const frame = (id?: string) => {
    const cursor = cursorAt(NOON);
    return { cursor, event: id === undefined ? undefined : { id, cursor } };
  };

  it('was read up to the cursor with which its user comes back, and the rest is written anew', () => {
    const left = new LeftUnread();
    const frames = [frame('a'), frame(), frame('b')] as const;
    left.add('provider:4', frames, NOON);
    const idsUpTo = (user: string, cursor: string) => left.take(user, cursor, NOON).map(({ id }) => id);
    expect(idsUpTo('provider:4', cursorAt(NOON))).toEqual([]);
    expect(idsUpTo('customer:4', frames[1].cursor)).toEqual([]);
    expect(idsUpTo('provider:4', frames[1].cursor)).toEqual(['a']);
    expect(idsUpTo('provider:4', frames[2].cursor)).toEqual([]);
  });

  it('is of several sessions that were written a cursor only what all of them were', () => {
    const left = new LeftUnread();
    const [first, second] = [frame('a'), frame('b')];
    left.add('token', [first, second], NOON);
    left.add('token', [second], NOON);
    expect(left.take('token', second.cursor, NOON)).toEqual([second.event]);
  });

  it('is kept of each of several devices', () => {
    const left = new LeftUnread();
    const [phone, tablet] = [frame('a'), frame('b')];
    left.add('provider:4', [phone], NOON);
    left.add('provider:4', [tablet], NOON);
    expect(left.take('provider:4', tablet.cursor, NOON)).toEqual([tablet.event]);
    expect(left.take('provider:4', phone.cursor, NOON)).toEqual([phone.event]);
  });

  it('is kept of sixteen sessions of one user, the newest', () => {
    const left = new LeftUnread();
    const frames = Array.from({ length: 17 }, () => frame('a'));
    for (const one of frames) left.add('provider:4', [one], NOON);
    const isKept = ({ cursor }: { cursor: string }) => left.take('provider:4', cursor, NOON).length > 0;
    expect(frames.filter(isKept)).toEqual(frames.slice(1));
  });
});
