import { describe, expect, it } from '@jest/globals';
import { Pace } from '../../services/ingest/accept/pace.ts';
import { Turns } from '../../services/ingest/inbox/turns.ts';
import { appointment } from '../support/events.ts';
import { unlimited, world } from './intake-world.ts';

/** 100 events a second, of which two go at once; at the least pace one goes each 100 ms. */
function paced(unconfirmed = () => 0) {
  let nowMs = 0;
  let beat: (() => void) | undefined;
  const pace = new Pace({
    perSecond: 100,
    unconfirmed,
    busyFrom: 4,
    now: () => nowMs,
    sleep: () => new Promise<void>((resolve) => (beat = resolve)),
  });
  const pass = async (ms: number) => {
    nowMs += ms;
    const callback = beat;
    beat = undefined;
    callback?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** How many go in so long, if there are always more. */
  const givenIn = async (ms: number) => {
    let given = 0;
    for (let passed = 0; passed < ms; passed += 5) {
      while (pace.take()) given += 1;
      await pass(5);
    }
    return given;
  };
  return {
    pace,
    now: () => nowMs,
    pass,
    givenIn,
    /** Passes what gives two turns, once the pace has risen. */
    next: () => pass(20),
    /** Under bulk until it has the full pace; then two turns are there. */
    risen: async () => {
      await givenIn(3_000);
      await pass(20);
    },
  };
}

const many = (count: number) => Array.from({ length: count }, (_, n) => appointment({ id: `a${n}` }));
const namesOf = (ids: readonly string[]) => ids.filter((id) => !id.endsWith(':calendar'));

describe('events that come in bulk', () => {
  it('of an array leave so many a beat, in order, each with its companion and a cursor of its turn', async () => {
    const { pace, next, risen } = paced();
    await risen();
    const { take, ids, handedOver } = world({ pace });
    take(many(5));
    expect(ids()).toEqual(['a0', 'a0:calendar', 'a1', 'a1:calendar']);
    await next();
    expect(namesOf(ids())).toEqual(['a0', 'a1', 'a2', 'a3']);
    take(appointment({ id: 'alone' }));
    await next();
    expect(namesOf(ids())).toEqual(['a0', 'a1', 'a2', 'a3', 'alone', 'a4']);
    const cursors = handedOver.map(({ cursor }) => cursor);
    expect(cursors).toEqual([...cursors].sort());
  });

  it('have their ids from the moment on that they are taken', () => {
    const { pace } = paced();
    const { take, refusalOf, ids } = world({ pace });
    const array = many(5);
    take(array);
    take(array[4]);
    expect(refusalOf(appointment({ id: 'a4', data: { id: 99 } }))).toMatchObject({ code: 'id_reused' });
    expect(namesOf(ids())).toEqual(['a0', 'a1']);
  });

  it('of several arrays leave in the order of the arrays', async () => {
    const { pace, next, risen } = paced();
    await risen();
    const { take, ids } = world({ pace });
    take(many(3));
    take([appointment({ id: 'b' })]);
    await next();
    expect(namesOf(ids())).toEqual(['a0', 'a1', 'a2', 'b']);
  });

  it('are refused whole where more would wait than may be unconfirmed', () => {
    const { pace } = paced();
    const { take, ids } = world({ pace, room: 20 });
    take(many(10));
    expect(() => take(['b', 'c', 'd'].map((id) => appointment({ id })))).toThrow('full');
    expect(namesOf(ids())).toEqual(['a0', 'a1']);
  });

  it('by the inbox wait for their turn behind an array, and go on by themselves', async () => {
    const { pace, now, next, risen } = paced();
    await risen();
    let called = 0;
    const turns = new Turns({ now, pace }, () => (called += 1));
    const { take } = world({ pace });
    take(many(4));
    expect(turns.hasTime).toBe(false);
    await next();
    expect([called, turns.hasTime]).toEqual([0, false]);
    await next();
    expect([called, turns.hasTime]).toEqual([1, true]);
  });

  it('begin at a tenth of their pace, beyond what goes at once, and have it all after two seconds; after a rest anew', async () => {
    const { pass, givenIn } = paced();
    const seconds = [await givenIn(1_000), await givenIn(1_000), await givenIn(1_000)];
    expect(seconds).toEqual([36, 84, 100]);
    await pass(1_001);
    expect(await givenIn(1_000)).toBe(36);
  });

  it('go at a tenth of their pace while the broker is behind, and rise again once it is not', async () => {
    let unconfirmed = 0;
    const { givenIn, risen } = paced(() => unconfirmed);
    await risen();
    await givenIn(1_000);
    unconfirmed = 4;
    expect(await givenIn(1_000)).toBeLessThanOrEqual(12);
    unconfirmed = 3;
    expect(await givenIn(2_000)).toBeGreaterThan(100);
  });

  it('are not held up where there is no limit', () => {
    const { take, ids } = world({ pace: unlimited() });
    take(many(50));
    expect(namesOf(ids())).toHaveLength(50);
  });
});
