import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inBundles, type Bundle } from '../../services/push/decision/bundles.ts';
import type { WaitingEvent } from '../../services/push/decision/decide.ts';
import { Knowledge } from '../../services/push/decision/knowledge.ts';
import type { Person } from '../../services/push/decision/waiting-message.ts';
import { NOW_MS } from './notifications.ts';
import { cursorAt, waitingEvent } from './waiting-events.ts';

const jane: Person = { role: 'provider', userId: 4 };
const ada: Person = { role: 'customer', userId: 4 };

function world() {
  const knowledge = new Knowledge({ maxEntries: 100, maxAgeMs: 86_400_000 });
  const tellings = (events: readonly WaitingEvent[], person = jane) =>
    inBundles(events, knowledge.of(person, NOW_MS).bundleOf);
  return {
    knowledge,
    /** `event-1+event-2 in appointments at 2`, and which of them are left where not all are. */
    told: (...events: readonly WaitingEvent[]) => tellings(events).map(({ bundle }) => nameOf(bundle)),
    left: (...events: readonly WaitingEvent[]) =>
      tellings(events).map((one) => one.events.map(({ id }) => id)),
    of: (person: Person, event: WaitingEvent) =>
      tellings([event], person).map(({ bundle }) => nameOf(bundle)),
    /** As push does before it tells anybody. */
    write: (...events: readonly WaitingEvent[]) => {
      for (const { bundle, isWritten } of tellings(events))
        if (!isWritten) knowledge.bundled(bundle, jane, NOW_MS);
    },
  };
}

function nameOf({ ids, topic, cursor }: Bundle): string {
  return `${ids.join('+')} in ${topic} at ${Number.parseInt(cursor.slice(-12), 16)}`;
}

/** Each of an appointment of its own. */
const event = (place: number, appointmentId: number | undefined = place) =>
  waitingEvent(place, { appointmentId });
const [a, b, c, d] = [event(1), event(2), event(3), event(4)];

describe('what is told at once', () => {
  it('stands on a phone where its appointment does, or for several where they do', () => {
    const { told } = world();
    expect(told(a)).toEqual(['event-1 in appointment-1 at 1']);
    expect(told(a, b)).toEqual(['event-1+event-2 in appointments at 2']);
    expect(told(waitingEvent(1, { appointmentId: undefined }))).toEqual(['event-1 in appointments at 1']);
    expect(told()).toEqual([]);
  });

  it('stays together where it comes again with something new, which is told after it', () => {
    const { told, write } = world();
    write(a, c);
    expect(told(a, b, c, d)).toEqual([
      'event-1+event-3 in appointments at 3',
      'event-2+event-4 in appointments at 4',
    ]);
  });

  it('keeps its place where some of it comes, or has still to be told', () => {
    const { told, left, write } = world();
    write(a, b);
    expect([told(a), left(a)]).toEqual([['event-1+event-2 in appointments at 2'], [['event-1']]]);
    expect([told(b), left(b)]).toEqual([['event-1+event-2 in appointments at 2'], [['event-2']]]);
  });

  it('is told in the order in which it was written down, whatever the history says', () => {
    const { told, write } = world();
    write(c, d);
    write(a);
    expect(told(a, b, c, d)).toEqual([
      'event-3+event-4 in appointments at 4',
      'event-1 in appointment-1 at 1',
      'event-2 in appointment-2 at 2',
    ]);
  });

  it('is what was written down first, where another instance did at the same time', () => {
    const { knowledge, told } = world();
    knowledge.bundled({ ids: ['event-1'], topic: 'appointment-1', cursor: cursorAt(1) }, jane, NOW_MS);
    knowledge.bundled(
      { ids: ['event-1', 'event-2'], topic: 'appointments', cursor: cursorAt(2) },
      jane,
      NOW_MS,
    );
    expect(told(a, b)).toEqual(['event-1 in appointment-1 at 1', 'event-2 in appointments at 2']);
  });

  it('is cut anew for what failed and comes again', () => {
    const { knowledge, told, write } = world();
    write(a, b);
    knowledge.became('event-1', jane, 'failed', NOW_MS);
    expect(told(a, b, c)).toEqual([
      'event-1+event-2 in appointments at 2',
      'event-1+event-3 in appointments at 3',
    ]);
  });

  it('is of one person alone', () => {
    const { of, write } = world();
    write(a, b);
    expect(of(ada, a)).toEqual(['event-1 in appointment-1 at 1']);
  });

  it('has each event once and is one that is new at most, however often events come in whichever parts', () => {
    const parts = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 8 })), { maxLength: 6 });
    fc.assert(
      fc.property(parts, (given) => {
        const { told, left, write } = world();
        const homes = new Map<string, string>();
        for (const part of given.map((places) => places.map((place) => event(place)))) {
          write(...part);
          const [bundles, ids] = [told(...part), left(...part)];
          expect(ids.flat().toSorted()).toEqual(part.map(({ id }) => id).toSorted());
          for (const [index, bundle] of bundles.entries())
            for (const id of ids[index] ?? []) {
              expect(bundle.split(' ')[0]?.split('+')).toContain(id);
              expect(homes.get(id) ?? bundle).toBe(bundle);
              homes.set(id, bundle);
            }
        }
      }),
    );
  });
});
