import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { WaitingEvent } from './decide.ts';

/** Takes the place of the one before it, whichever appointments that was about. */
const SEVERAL = 'appointments';

/** Events of which a person is told in one notification, and where on a phone that stands. */
export interface Bundle {
  readonly ids: readonly string[];
  /** One that comes later takes the place of one with the same; at most 32 characters of base64url (RFC 8030, 5.4). */
  readonly topic: string;
  /** Of the newest event: a phone that is told the same again, by a push that died meanwhile, can tell it from news. */
  readonly cursor: Cursor;
}

/** `place`: among all that were written down. */
export type WrittenBundle = Bundle & { readonly place: number };

/** A notification, and which events of its bundle still have to be told. */
export interface Telling {
  readonly bundle: Bundle;
  readonly isWritten: boolean;
  readonly events: readonly [WaitingEvent, ...WaitingEvent[]];
}

/**
 * Cuts what is to be told into notifications. Events of a bundle that was written down stay in it, whichever of them are left,
 * for a phone may have been told; so they are told in the order in which they were to be. All others go in a new one, the last.
 */
export function inBundles(
  events: readonly WaitingEvent[],
  bundleOf: (eventId: string) => WrittenBundle | undefined,
): readonly Telling[] {
  const byPlace = new Map<
    number,
    { bundle: WrittenBundle | undefined; events: [WaitingEvent, ...WaitingEvent[]] }
  >();
  for (const event of events) {
    const bundle = bundleOf(event.id);
    const place = bundle?.place ?? Infinity;
    const others = byPlace.get(place);
    if (others === undefined) byPlace.set(place, { bundle, events: [event] });
    else others.events.push(event);
  }
  return [...byPlace]
    .toSorted(([a], [b]) => a - b)
    .map(([, { bundle, events: left }]) => ({
      bundle: bundle ?? bundleOfAll(left),
      isWritten: bundle !== undefined,
      events: left,
    }));
}

function bundleOfAll([event, ...others]: Telling['events']): Bundle {
  const { appointmentId } = event;
  const isOfOne = others.length === 0 && appointmentId !== undefined;
  return {
    ids: [event, ...others].map(({ id }) => id),
    topic: isOfOne ? `appointment-${appointmentId}` : SEVERAL,
    cursor: (others.at(-1) ?? event).cursor,
  };
}
