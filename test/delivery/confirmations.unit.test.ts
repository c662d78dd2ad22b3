import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EntryRun } from '../../services/delivery/stream/entry-run.ts';
import type { TimelineEntry } from '../../services/delivery/stream/timeline.ts';
import { ConfirmingWorld, LAZY_MS, own, SECOND, sync } from './confirming-world.ts';
import { cursorAt, event, kept, NOON } from './fakes.ts';

describe('what a client confirms', () => {
  it('is every event of its own up to the cursor that it gives back, each once', () => {
    const world = ConfirmingWorld.live();
    const [a, b, c] = [own('a'), own('b'), own('c')];
    world.write(a, b, c);
    expect(world.told()).toEqual(['written a', 'written b', 'written c']);
    expect(world.confirmations.read(b.cursor)).toBe(true);
    expect(world.told()).toEqual(['delivered a', 'delivered b']);
    expect(world.confirmations.read(b.cursor)).toBe(false);
    expect(world.confirmations.read(c.cursor)).toBe(true);
    expect(world.told()).toEqual(['delivered c']);
  });

  it.each(['', 'x', cursorAt(NOON), cursorAt(NOON + 1_000_000)])(
    'is nothing by %j, which it was not sent',
    (cursor) => {
      const world = ConfirmingWorld.live();
      world.write(own('a'));
      world.told();
      expect(world.confirmations.read(cursor)).toBe(false);
      expect(world.confirmations.seen(cursor)).toBe(false);
      expect(world.told()).toEqual([]);
    },
  );

  it('is told by the cursor of any frame behind the event, one by one or in one write', () => {
    for (const isRead of [true, false]) {
      const world = ConfirmingWorld.live();
      const syncs = [sync(), sync(), sync()];
      world.write(own('a'));
      if (isRead) world.write(...syncs);
      else world.confirmations.writtenTogether(new EntryRun(syncs));
      world.told();
      expect(world.confirmations.read(syncs[1]?.cursor ?? '')).toBe(true);
      expect(world.told()).toEqual(['delivered a']);
    }
  });

  it('is nothing of other rooms: those of many have no receipts, nor has what an admin reads of others', () => {
    const world = ConfirmingWorld.live();
    const frames = [
      sync(),
      kept(event({ rooms: ['admin', 'provider_5'] })),
      kept(event({ rooms: ['everyone'] })),
    ];
    world.write(...frames);
    for (const { cursor } of frames) world.confirmations.read(cursor);
    expect(world.told()).toEqual([]);
  });

  it('is seen by the app up to its ack, which says that it was read as well', () => {
    const world = ConfirmingWorld.live();
    const [a, b, c] = [own('a'), own('b'), own('c')];
    world.write(a, b, c);
    world.confirmations.read(a.cursor);
    world.told();
    expect(world.confirmations.seen(b.cursor)).toBe(true);
    expect(world.told()).toEqual(['delivered b', 'seen a', 'seen b']);
    world.confirmations.read(c.cursor);
    expect(world.confirmations.seen(c.cursor)).toBe(true);
    expect(world.told()).toEqual(['delivered c', 'seen c']);
  });

  it('is nobody’s any more after a change of role', () => {
    const world = ConfirmingWorld.live();
    const a = own('a');
    world.write(a);
    world.told();
    world.confirmations.becomes('secretary_4');
    world.confirmations.read(a.cursor);
    world.write(own('b'));
    expect(world.told()).toEqual([]);
  });

  it('names the event and not its contents', () => {
    const world = ConfirmingWorld.live();
    world.write(kept(event({ identity: 'a\ndigest' })));
    expect(world.told()).toEqual(['written a']);
  });

  it('is nothing by the cursor that it was told when it connected, before it was written what stands there', () => {
    const world = ConfirmingWorld.live();
    const [a, b] = [own('a'), own('b')];
    world.confirmations.told(b.cursor);
    world.write(a, b);
    world.told();
    for (const give of ['read', 'seen'] as const) expect(world.confirmations[give](b.cursor)).toBe(false);
    expect(world.confirmations.unread.filter(({ isProof }) => isProof)).toHaveLength(1);
    expect(world.told()).toEqual([]);
    expect(world.confirmations.ask(NOON + SECOND)).toBe(b.cursor);
    expect(world.confirmations.read(b.cursor)).toBe(true);
    expect(world.told()).toEqual(['delivered a', 'delivered b']);
  });

  it('is how far it has got: the newest cursor, and how many frames it is behind', () => {
    const { confirmations } = ConfirmingWorld.live();
    const progress = () => [confirmations.confirmed, confirmations.behind];
    expect(progress()).toEqual([undefined, 0]);
    const [a, b, c] = [own('a'), own('b'), sync()];
    for (const one of [a, b]) confirmations.written(one);
    confirmations.writtenTogether(new EntryRun([c, sync()]));
    expect(progress()).toEqual([undefined, 4]);
    confirmations.read(b.cursor);
    expect(progress()).toEqual([b.cursor, 2]);
    confirmations.read(a.cursor);
    expect(progress()).toEqual([b.cursor, 2]);
  });

  it('is bounded: of more than 256 frames unread the oldest stay written', () => {
    const world = ConfirmingWorld.live();
    const events = Array.from({ length: 300 }, (_, index) => own(String(index)));
    world.write(...events);
    world.told();
    expect(world.confirmations.unread).toHaveLength(256);
    world.confirmations.read(events.at(-1)?.cursor ?? '');
    expect(world.told()).toEqual(Array.from({ length: 256 }, (_, index) => `delivered ${index + 44}`));
  });

  it('is exactly what was written up to there, whatever is written, asked and given back', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('own', 'sync') }),
      fc.record({ kind: fc.constant('ask'), ms: fc.integer({ min: 0, max: 2_000 }) }),
      fc.record({ kind: fc.constantFrom('read', 'seen'), back: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = ConfirmingWorld.live();
        const frames: TimelineEntry[] = [];
        let [nowMs, readTo] = [NOON, 0];
        for (const one of steps) {
          if (one.kind === 'own' || one.kind === 'sync') {
            frames.push(one.kind === 'own' ? own(String(frames.length)) : sync());
            world.write(...frames.slice(-1));
          } else if ('ms' in one) {
            nowMs += one.ms;
            const asked = world.confirmations.ask(nowMs);
            if (asked !== undefined) expect(asked).toBe(frames.at(-1)?.cursor);
          } else if ('back' in one && frames.length > 0) {
            const at = Math.max(0, frames.length - 1 - one.back);
            const { cursor } = frames[at] ?? own();
            const isKnown =
              one.kind === 'read' ? world.confirmations.read(cursor) : world.confirmations.seen(cursor);
            if (isKnown) readTo = Math.max(readTo, at + 1);
          }
          const delivered = world.reported.filter((text) => text.startsWith('delivered'));
          const expected = frames.flatMap(({ kind, rooms }, at) =>
            at < readTo && kind === 'event' && rooms[0] === 'provider_4' ? [`delivered ${at}`] : [],
          );
          expect(delivered).toEqual(expected);
        }
        const last = frames.at(-1);
        if (last !== undefined) expect(world.confirmations.read(last.cursor)).toBe(true);
        expect(world.confirmations.unread).toEqual([]);
      }),
    );
  });
});

describe('the question whether a client has read', () => {
  it('is asked with the newest cursor, once a second at most, and only while an event of its own is unread', () => {
    const { confirmations } = ConfirmingWorld.live();
    expect(confirmations.ask(NOON + 5 * SECOND)).toBeUndefined();
    confirmations.written(own());
    const newest = sync();
    confirmations.written(newest);
    expect(confirmations.ask(NOON + 6 * SECOND)).toBe(newest.cursor);
    const next = own();
    confirmations.written(next);
    expect(confirmations.ask(NOON + 7 * SECOND)).toBeUndefined();
    confirmations.read(newest.cursor);
    expect(confirmations.ask(NOON + 6.5 * SECOND)).toBeUndefined();
    expect(confirmations.ask(NOON + 7 * SECOND)).toBe(next.cursor);
    confirmations.read(next.cursor);
    expect(confirmations.nextAskMs).toBe(Infinity);
  });

  it('is to be asked soon where an event of its own comes, and again where the answer left one unread', () => {
    const world = ConfirmingWorld.live();
    world.write(sync());
    expect(world.isToAskSoon()).toBe(false);
    const first = own();
    world.write(first, own());
    expect(world.isToAskSoon()).toBe(true);
    world.confirmations.ask(NOON);
    world.write(own());
    expect(world.isToAskSoon()).toBe(false);
    world.confirmations.read(first.cursor);
    expect(world.isToAskSoon()).toBe(true);
  });

  it('is seldom asked for frames of other rooms, and again of a client that does not answer', () => {
    const { confirmations } = ConfirmingWorld.live();
    confirmations.written(sync());
    expect(confirmations.ask(NOON + LAZY_MS - 1)).toBeUndefined();
    expect(confirmations.ask(NOON + LAZY_MS)).toBeDefined();
    confirmations.written(own());
    expect(confirmations.ask(NOON + 2 * LAZY_MS - 1)).toBeUndefined();
    expect(confirmations.ask(NOON + 2 * LAZY_MS)).toBeDefined();
    expect(confirmations.waitingMs(NOON + 2 * LAZY_MS + SECOND)).toBe(SECOND);
  });
});
