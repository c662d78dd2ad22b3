import { describe, expect, it, jest } from '@jest/globals';
import { Feed } from '../../services/delivery/stream/feed.ts';
import type { TimelineEntry } from '../../services/delivery/stream/timeline.ts';
import { event, FakeOutlet, kept, mark, nameIn, settle } from './fakes.ts';

const ROOMY = 1_000_000;

function world(maxHeldBytes = ROOMY) {
  const outlet = new FakeOutlet();
  const tooSlow = jest.fn<() => void>();
  return { outlet, tooSlow, feed: new Feed(outlet, maxHeldBytes, tooSlow) };
}

const entries = (count: number): TimelineEntry[] => Array.from({ length: count }, () => kept(event()));
const framesOf = (of: readonly TimelineEntry[]) => of.map(({ frame }) => frame?.dotted);
const cursors = (of: readonly TimelineEntry[]) => new Set<string>(of.map(({ cursor }) => cursor));

describe('a feed', () => {
  it('names its events as it is told, from the next one on, in a replay, of what it held and live', async () => {
    const { feed, outlet } = world();
    const [missed, held, live, later] = entries(4);
    feed.naming = 'underscore';
    if (held !== undefined) feed.push(held);
    if (missed !== undefined) await feed.replay([missed]);
    await feed.goLive(new Set());
    if (live !== undefined) feed.push(live);
    feed.naming = 'dotted';
    if (later !== undefined) feed.push(later);
    expect(outlet.frames.map(nameIn)).toEqual([
      'appointment_created',
      'appointment_created',
      'appointment_created',
      'appointment.created',
    ]);
  });

  it('writes nothing live before it was told to go live', () => {
    const { feed, outlet } = world();
    feed.push(kept(event()));
    expect([outlet.frames, feed.written]).toEqual([[], 0]);
  });

  it('gives what was missed, then what came meanwhile, then what is live', async () => {
    const { feed, outlet } = world();
    const missed = entries(2);
    const meanwhile = entries(2);
    const live = entries(1);
    meanwhile.forEach((entry) => feed.push(entry));
    expect(await feed.replay(missed)).toBe(2);
    await feed.goLive(cursors(missed));
    live.forEach((entry) => feed.push(entry));
    const all = [...missed, ...meanwhile, ...live];
    expect(outlet.frames).toEqual(framesOf(all));
    expect([feed.written, outlet.frames.at(-1)?.cursor]).toEqual([5, all.at(-1)?.cursor]);
  });

  it('waits for its turn before it replays, and again each time that the outbox has emptied', async () => {
    const outlet = new FakeOutlet();
    const turns: (() => void)[] = [];
    const turn = () => new Promise<void>((resolve) => turns.push(resolve));
    const feed = new Feed(outlet, ROOMY, () => undefined, 'dotted', turn);
    const missed = entries(2);
    outlet.congest();
    const replay = feed.replay(missed);
    await settle();
    outlet.drain();
    outlet.congest();
    await settle();
    expect([turns.length, outlet.frames]).toEqual([1, []]);
    turns[0]?.();
    await settle();
    outlet.drain();
    await settle();
    expect([turns.length, outlet.frames]).toEqual([2, []]);
    turns[1]?.();
    expect(await replay).toBe(2);
    expect(outlet.frames).toEqual(framesOf(missed));
  });

  it('has no turn where there is nothing to replay', async () => {
    const feed = new Feed(
      new FakeOutlet(),
      ROOMY,
      () => undefined,
      'dotted',
      () => new Promise(() => undefined),
    );
    expect(await feed.replay([])).toBe(0);
    await feed.goLive(new Set());
    expect(feed.isLive).toBe(true);
  });

  it('does not repeat a held entry that was replayed', async () => {
    const { feed, outlet } = world();
    const missed = entries(3);
    const [, ...heldToo] = missed;
    const later = entries(1);
    [...heldToo, ...later].forEach((entry) => feed.push(entry));
    await feed.replay(missed);
    await feed.goLive(cursors(missed));
    expect(outlet.frames).toEqual(framesOf([...missed, ...later]));
  });

  it('what arrives while the held entries wait for the outbox goes behind them', async () => {
    const { feed, outlet } = world();
    const [first, second] = [kept(event()), kept(event())];
    feed.push(first);
    outlet.congest();
    const live = feed.goLive(new Set());
    await settle();
    feed.push(second);
    expect(outlet.frames).toEqual([]);
    outlet.drain();
    await live;
    expect(outlet.frames).toEqual(framesOf([first, second]));
  });

  it('a replay waits for the outbox instead of filling it', async () => {
    const { feed, outlet } = world();
    const missed = entries(2);
    outlet.congest();
    const replay = feed.replay(missed);
    await settle();
    expect(outlet.frames).toEqual([]);
    outlet.drain();
    expect(await replay).toBe(2);
    expect(outlet.frames).toEqual(framesOf(missed));
  });

  it('never shows a mark to a client', async () => {
    const { feed, outlet } = world();
    await feed.goLive(new Set());
    feed.push(kept(mark()));
    expect(outlet.frames).toEqual([]);
  });
});

describe('a feed at a bound', () => {
  it('gives up once when the outbox refuses a live entry, and writes nothing more', async () => {
    const { feed, outlet, tooSlow } = world();
    await feed.goLive(new Set());
    outlet.full = true;
    feed.push(kept(event()));
    outlet.full = false;
    feed.push(kept(event()));
    expect([tooSlow.mock.calls.length, outlet.frames, feed.written]).toEqual([1, [], 0]);
  });

  it('gives up once when more is held than the bound, and counts bytes for it', async () => {
    const small = event({ body: Buffer.alloc(10) });
    const { feed, outlet, tooSlow } = world(1_000);
    for (let count = 0; count < 80; count += 1) feed.push(kept(small));
    expect(tooSlow).not.toHaveBeenCalled();
    feed.push(kept(event({ body: Buffer.alloc(500) })));
    feed.push(kept(event({ body: Buffer.alloc(500) })));
    expect(tooSlow).toHaveBeenCalledTimes(1);
    await feed.goLive(new Set());
    expect(outlet.frames).toEqual([]);
  });

  it('what has been flushed no longer counts as held', async () => {
    const { feed, outlet, tooSlow } = world(100);
    const big = () => kept(event({ body: Buffer.alloc(60) }));
    feed.push(big());
    outlet.congest();
    const live = feed.goLive(new Set());
    await settle();
    outlet.drain();
    await live;
    for (let count = 0; count < 10; count += 1) feed.push(big());
    expect([tooSlow.mock.calls.length, outlet.frames.length]).toEqual([0, 11]);
  });

  it('an entry larger than the bound is held when nothing else is: it would be too large again for ever', async () => {
    const { feed, outlet, tooSlow } = world(100);
    const huge = kept(event({ body: Buffer.alloc(1_000) }));
    feed.push(huge);
    await feed.goLive(new Set());
    expect([tooSlow.mock.calls.length, outlet.frames.map((frame) => frame.size)]).toEqual([
      0,
      [huge.frame?.dotted.size],
    ]);
  });

  it('stops a replay at the entry that the outbox refuses', async () => {
    const { feed, outlet, tooSlow } = world();
    outlet.full = true;
    expect(await feed.replay(entries(3))).toBe(0);
    expect([tooSlow.mock.calls.length, outlet.frames]).toEqual([1, []]);
  });

  it('writes nothing after it was stopped, neither replayed nor held nor live', async () => {
    const { feed, outlet, tooSlow } = world();
    feed.push(kept(event()));
    feed.stop();
    expect(await feed.replay(entries(2))).toBe(0);
    await feed.goLive(new Set());
    feed.push(kept(event()));
    expect([tooSlow.mock.calls.length, outlet.frames]).toEqual([0, []]);
  });
});

describe('a replay whose client reads nothing', () => {
  const SECOND = 1_000;

  it('is given up after so long, counted from the last time that it read', async () => {
    const { feed, outlet, tooSlow } = world();
    outlet.congest();
    void feed.replay(entries(3));
    feed.tick(0, 30 * SECOND);
    feed.tick(29 * SECOND, 30 * SECOND);
    outlet.drain();
    outlet.congest();
    await settle();
    feed.tick(30 * SECOND, 30 * SECOND);
    feed.tick(59 * SECOND, 30 * SECOND);
    expect(tooSlow).not.toHaveBeenCalled();
    feed.tick(60 * SECOND, 30 * SECOND);
    expect(tooSlow).toHaveBeenCalledTimes(1);
  });

  it('does not concern a session that has nothing to read', () => {
    const { feed, tooSlow } = world();
    feed.tick(0, 30 * SECOND);
    feed.tick(31 * SECOND, 30 * SECOND);
    expect(tooSlow).not.toHaveBeenCalled();
  });
});
