import { describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import { Cursor } from '../../shared/contract/cursor.ts';
import { Ledger } from './ledger.ts';
import type { Notice } from './phones.ts';
import { judgePush, undecided, type PushEvidence } from './push-checker.ts';
import { ReceiptsOfOne } from './receipts-of-one.ts';

const ROOM = 'provider_4';
const AFTER_MS = 20_000;
const STAMP = '2026-11-26T09:00:00.000Z';

/** One phone, and appointment 12 and 13 of its user: a fact of each version is said every second, and accepted at once. */
function run() {
  const ledger = new Ledger('run');
  const notices: Notice[] = [];
  const receipts = new ReceiptsOfOne();
  const idsAt = new Map<string, string>();
  const cursors = new Map<string, Cursor>();
  let saidMs = 0;
  const evidence: PushEvidence = {
    ledger,
    phones: [{ name: 'phone', room: ROOM, notices }],
    receiptsOf: () => receipts,
    idsAt,
    afterMs: AFTER_MS,
  };
  const cursorOf = (id: string) => {
    const cursor = cursors.get(id) ?? Cursor.parse(v7());
    cursors.set(id, cursor);
    return cursor;
  };
  const note = (id: string, stage: 'pushed' | 'failed', how: string, atMs: number) =>
    receipts.note([id, cursorOf(id), 'provider', 4, stage, STAMP, 'push-1', how], atMs);
  const tagOf = ([id = '', ...others]: readonly string[]) =>
    others.length > 0 ? 'appointments' : id.replace(/-v.*/, '');
  const announce = (ids: readonly string[]) =>
    receipts.bundle([[...ids], cursorOf(ids.at(-1) ?? ''), 'provider', 4, tagOf(ids), STAMP, 'push-1']);
  return {
    say: (appointment = 12, wakes = true) => {
      const fact = ledger.draft({ appointment, entrance: 'http', rooms: [ROOM], wakes });
      fact.firstTriedMs = saidMs += 1_000;
      fact.acceptedMs = saidMs;
      idsAt.set(cursorOf(fact.id), fact.id);
      return fact.id;
    },
    /** What a phone is brought; `receipt`, `announced`: it is written down after, and before. */
    show: (ids: readonly string[], { atMs = 30_000, receipt = true, announced = false } = {}) => {
      const [cursor, count] = [cursorOf(ids.at(-1) ?? ''), String(ids.length)];
      const tag = tagOf(ids);
      const data = ids.length > 1 ? { event: 'several', count, cursor } : { cursor };
      if (announced) announce(ids);
      notices.push({ atMs, shown: { title: '', body: '', navigate: '', tag, data } });
      if (receipt) for (const id of ids) note(id, 'pushed', 'webpush', atMs);
    },
    announce,
    receipt: (id: string) => note(id, 'pushed', 'webpush', 30_000),
    read: (id: string, atMs: number) => receipts.read(id, atMs),
    fail: (id: string, why: string, atMs: number) => note(id, 'failed', why, atMs),
    found: () => {
      const { unwoken, wokenInVain, buzzedAgain, olderShown, falselyPushed } = judgePush(evidence);
      const kinds = { unwoken, wokenInVain, buzzedAgain, olderShown, falselyPushed };
      return Object.entries(kinds).flatMap(([kind, all]) => all.map(({ event }) => `${kind} ${event?.id}`));
    },
    counts: () => judgePush(evidence).counts,
    undecided: () => undecided(evidence).map(({ id }) => id),
  };
}

describe('who was to be told', () => {
  it('was, of what nobody has read, be it one event or several at once', () => {
    const { say, show, found, undecided: open } = run();
    const ids = [say(12), say(13), say(14)];
    expect(open()).toEqual(ids);
    show(ids.slice(0, 1));
    show(ids.slice(1));
    expect([found(), open()]).toEqual([[], []]);
  });

  it.each([
    ['nothing is known of it', () => undefined],
    ['a receipt says why', (one: ReturnType<typeof run>, id: string) => one.fail(id, 'timeout', 30_000)],
  ])('was not: %s', (_what, happens) => {
    const one = run();
    const id = one.say();
    happens(one, id);
    expect(one.found()).toEqual([`unwoken ${id}`]);
  });

  it('was, however the receipts of its notices follow one another', () => {
    const { say, show, found } = run();
    const [a, b, c, d, e] = [say(11), say(12), say(13), say(14), say(15)];
    show([a, b]);
    show([c, d], { announced: true });
    show([e]);
    expect(found()).toEqual([]);
  });

  it('need not be of what is over, or of what a device has read, however late', () => {
    const { say, read, found } = run();
    say(12, false);
    read(say(13), 600_000);
    expect(found()).toEqual([]);
  });

  it('need not be of what something newer took the place of, where that was said by then', () => {
    const { say, show, fail, found } = run();
    const [older, newer] = [say(), say()];
    show([newer]);
    fail(older, 'superseded', 2_500);
    expect(found()).toEqual([]);
    fail(older, 'superseded', 1_500);
    expect(found()).toEqual([`unwoken ${older}`]);
  });

  it('was, of all that was to be told at once, also where the receipts are of some of it', () => {
    const { say, show, receipt, found, counts } = run();
    const [a, b] = [say(11), say(12)];
    show([a, b], { receipt: false, announced: true });
    receipt(b);
    expect(found()).toEqual([]);
    expect(counts()).toMatchObject({ notices: 1, 'not announced': 0 });
  });

  it('was, of what another notice was not to tell of already', () => {
    const { say, announce, show, found, counts } = run();
    const [a, b, c] = [say(11), say(12), say(13)];
    announce([a]);
    announce([a, b, c]);
    show([a], { receipt: false });
    show([b, c], { receipt: false });
    expect(found()).toEqual([]);
    expect(counts()).toMatchObject({ notices: 2, 'not announced': 0 });
  });

  it('was, of what goes with others once nothing came of the first time', () => {
    const { say, announce, fail, show, found, counts } = run();
    const [a, b] = [say(11), say(12)];
    announce([a]);
    fail(a, 'timeout', 29_000);
    show([a, b], { receipt: false, announced: true });
    expect(found()).toEqual([]);
    expect(counts()).toMatchObject({ notices: 1, 'not announced': 0 });
  });

  it('was, as a receipt says, and the phone knows nothing of it', () => {
    const { say, receipt, found } = run();
    const id = say();
    receipt(id);
    expect(found()).toEqual([`unwoken ${id}`, `falselyPushed ${id}`]);
  });
});

describe('who was told', () => {
  it('had read it in time', () => {
    const { say, show, read, found } = run();
    const [inTime, late] = [say(12), say(13)];
    show([inTime]);
    show([late]);
    read(inTime, 1_000 + AFTER_MS);
    read(late, 2_001 + AFTER_MS);
    expect(found()).toEqual([`wokenInVain ${inTime}`]);
  });

  it('was told of what is over', () => {
    const { say, show, found } = run();
    const id = say(12, false);
    show([id]);
    expect(found()).toEqual([`wokenInVain ${id}`]);
  });

  it('is told the same again in the same place, and the phone keeps silent', () => {
    const { say, show, found, counts } = run();
    const ids = [say(12), say(13)];
    show(ids, { receipt: false });
    show(ids);
    expect(found()).toEqual([]);
    expect(counts()).toMatchObject({ notices: 2, buzzes: 1, 'repeated under the same tag': 1 });
  });

  it.each([
    [
      'with something new beside it',
      (one: ReturnType<typeof run>, [a, b]: readonly [string, string]) => {
        one.show([b], { receipt: false });
        one.show([a, b]);
      },
    ],
    [
      'in another part of what was told at once',
      (one: ReturnType<typeof run>, [a, b]: readonly [string, string]) => {
        one.show([b, a], { receipt: false, announced: true });
        one.show([b]);
      },
    ],
    [
      'in another place',
      (one: ReturnType<typeof run>, [a, b]: readonly [string, string]) => {
        one.show([a, b]);
        one.show([b]);
      },
    ],
    [
      'after something else took its place',
      (one: ReturnType<typeof run>, [a, b]: readonly [string, string]) => {
        one.show([a, b]);
        one.show([one.say(14), one.say(15)]);
        one.show([a, b]);
      },
    ],
  ])('is told again: %s', (_how, happens) => {
    const one = run();
    const [a, b] = [one.say(12), one.say(13)];
    happens(one, [a, b]);
    expect(one.found()).toEqual([`buzzedAgain ${b}`]);
  });

  it('is shown an older state in the place of a newer one', () => {
    const { say, show, found } = run();
    const [older, newer] = [say(), say()];
    show([newer]);
    show([older]);
    expect(found()).toEqual([`olderShown ${older}`]);
  });
});
