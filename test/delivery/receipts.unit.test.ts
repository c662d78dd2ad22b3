import { describe, expect, it } from '@jest/globals';
import { LeftUnread } from '../../services/delivery/receipts/left-unread.ts';
import type { Frame } from '../../services/delivery/receipts/confirmations.ts';
import type { OwnEvent } from '../../services/delivery/receipts/own-event.ts';
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

  it('are one for an event and a person, however many devices that person has', () => {
    const { receipts, seconds } = receiptsAt(NOON);
    const [cursor, next] = [cursorAt(NOON), cursorAt(NOON)];
    const addAll = (stage: 'written' | 'delivered') => {
      for (const connection of [57, 58, 59]) receipts.add(stage, { id: 'a', cursor }, PROVIDER, connection);
    };
    addAll('written');
    receipts.add('written', { id: 'a', cursor }, { role: 'customer', userId: 4 }, 60);
    receipts.add('written', { id: 'a', cursor }, PROVIDER, 61, 'resume');
    receipts.add('written', { id: 'b', cursor: next }, PROVIDER, 57);
    addAll('delivered');
    const said = receipts
      .take()
      .map(([id, , role, , stage, , connection]) => [id, role, stage, connection].join(' '));
    expect(said).toEqual([
      'a provider written 57',
      'a customer written 60',
      'a provider written 61',
      'b provider written 57',
      'a provider delivered 57',
    ]);
    expect(seconds).toEqual([0]);
    addAll('delivered');
    expect(receipts.take()).toHaveLength(1);
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

/** Sessions of one token, or of several. Entries arrive a millisecond apart. */
class Tokens {
  #nowMs = NOON;
  readonly #arrivals = new Map<string, number>();
  readonly #left = new LeftUnread((cursor) => this.#arrivals.get(cursor));

  frame(id?: string): Frame & { readonly event: OwnEvent | undefined } {
    const cursor = cursorAt(NOON);
    this.#arrivals.set(cursor, (this.#nowMs += 1));
    return { cursor, event: id === undefined ? undefined : { id, cursor }, place: 1, isProof: true };
  }

  /** What is said to be read by whoever comes. */
  begin(token: string, cursor?: string): string[] {
    this.#nowMs += 1;
    return this.#left.begin(token, cursor, this.#nowMs).map(({ id }) => id);
  }

  end(token: string, ...unread: Frame[]): void {
    this.#left.end(token, unread, (this.#nowMs += 1));
  }

  session(token: string, ...unread: Frame[]): void {
    this.begin(token);
    this.end(token, ...unread);
  }
}

describe('what a session left unread', () => {
  it('was read up to the cursor with which its client comes back, and the rest is written anew', () => {
    const tokens = new Tokens();
    const frames = [tokens.frame('a'), tokens.frame(), tokens.frame('b')] as const;
    tokens.session('phone', ...frames);
    expect(tokens.begin('phone', cursorAt(NOON))).toEqual([]);
    tokens.end('phone');
    tokens.session('tablet', ...frames);
    expect(tokens.begin('tablet', frames[1].cursor)).toEqual(['a']);
    tokens.end('tablet');
    expect(tokens.begin('tablet', frames[2].cursor)).toEqual([]);
  });

  it('is told by each poll of the one before', () => {
    const tokens = new Tokens();
    let before: string | undefined;
    for (const id of ['a', 'b', 'c', 'd']) {
      const [frame, behind] = [tokens.frame(id), tokens.frame(`${id} too`)];
      if (before !== undefined) expect(tokens.begin('phone', before)).toHaveLength(2);
      else tokens.begin('phone');
      tokens.end('phone', frame, behind);
      before = behind.cursor;
    }
  });

  it.each<[string, (tokens: Tokens, a: Frame, b: Frame) => void]>([
    [
      'is there as well',
      (tokens, a, b) => {
        tokens.session('shared', a, b);
        tokens.begin('shared');
      },
    ],
    [
      'was there too and left nothing unread',
      (tokens, a, b) => {
        tokens.session('shared', a, b);
        tokens.session('shared');
      },
    ],
    [
      'left the same unread, and not what was before that',
      (tokens, a, b) => {
        tokens.session('shared', a, b);
        tokens.session('shared', b);
      },
    ],
  ])('is of a token that two devices have only what stands at the cursor: another %s', (_, leave) => {
    const tokens = new Tokens();
    const [a, b] = [tokens.frame('a'), tokens.frame('b')];
    leave(tokens, a, b);
    expect(tokens.begin('shared', b.cursor)).toEqual(['b']);
  });

  it('is nothing by a cursor that its client had without what stands there', () => {
    const tokens = new Tokens();
    const told = { ...tokens.frame('b'), isProof: false };
    tokens.session('phone', tokens.frame('a'), told);
    expect(tokens.begin('phone', told.cursor)).toEqual([]);
  });

  it('is kept of each of several devices', () => {
    const tokens = new Tokens();
    const [phone, tablet] = [tokens.frame('a'), tokens.frame('b')];
    tokens.session('shared', phone);
    tokens.session('shared', tablet);
    expect(tokens.begin('shared', tablet.cursor)).toEqual(['b']);
    expect(tokens.begin('shared', phone.cursor)).toEqual(['a']);
  });

  it('is kept of sixteen sessions of one token, the newest', () => {
    const tokens = new Tokens();
    const frames = Array.from({ length: 17 }, () => tokens.frame('a'));
    for (const one of frames) tokens.session('shared', one);
    const isKept = ({ cursor }: Frame) => tokens.begin('shared', cursor).length > 0;
    expect(frames.filter(isKept)).toEqual(frames.slice(1));
  });

  it('is kept of 200,000 frames in all, the newest; whose is forgotten still counts as one of its token', () => {
    const tokens = new Tokens();
    const frames = Array.from({ length: 1_000 }, () => tokens.frame('a'));
    const [first, last] = [tokens.frame('first'), tokens.frame('last')];
    tokens.session('shared', first, last);
    for (let index = 0; index < 199; index += 1) tokens.session(`phone ${index}`, ...frames);
    tokens.session('other', ...frames.slice(0, 998));
    expect(tokens.begin('other', frames[0]?.cursor)).toEqual(['a']);
    tokens.session('other', ...frames);
    tokens.session('shared', first, last);
    expect(tokens.begin('shared', last.cursor)).toEqual(['last']);
    expect(tokens.begin('shared', last.cursor)).toEqual([]);
    expect(tokens.begin('phone 198', frames[0]?.cursor)).toEqual(['a']);
  });
});
