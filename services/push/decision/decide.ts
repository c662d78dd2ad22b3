import { isAppointmentEvent, type EventData, type EventName } from '../../../shared/contract/event.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import { startOf } from './start.ts';

/** An event that has waited for a person to get it. */
export interface WaitingEvent {
  readonly id: string;
  readonly name: EventName;
  readonly cursor: Cursor;
  readonly data: EventData;
  /** `undefined` where the event does not say: then nothing supersedes it. */
  readonly appointmentId: number | undefined;
}

/** What is known of that person. */
export interface Known {
  readonly hasDevice: boolean;
  /** A device of theirs has read the event. */
  readonly wasDelivered: (eventId: string) => boolean;
  /** A push service has taken it, or will not. */
  readonly wasPushed: (eventId: string) => boolean;
  /** It is in a notification that was pushed for others that are in it: the person was told of all. */
  readonly wasToldWithOthers: (eventId: string) => boolean;
  /** Where an event stands in the history; `undefined`: behind all that is known of it. */
  readonly placeOf: (eventId: string) => number | undefined;
  /** The place of the newest event of an appointment that went to them. */
  readonly newestOf: (appointmentId: number) => number | undefined;
}

type SkipReason =
  | 'other_event'
  | 'delivered'
  | 'pushed'
  | 'with_others'
  | 'superseded'
  | 'in_the_past'
  | 'no_device';

export interface Decision {
  /** These in one notification; none: nobody is woken. In the order of the history. */
  readonly push: readonly WaitingEvent[];
  readonly skip: readonly { readonly event: WaitingEvent; readonly reason: SkipReason }[];
}

/**
 * Who is asleep is woken for what no device of theirs has read and what still matters, once for all that waited, and not twice
 * for the same.
 */
export function decide(waiting: readonly WaitingEvent[], known: Known, nowMs: number): Decision {
  const once = [...new Map(waiting.map((event) => [event.id, event])).values()];
  const inOrder = once.toSorted((a, b) => placeOf(a, known) - placeOf(b, known) || byCursor(a, b));
  const judged = inOrder.map((event, index) => {
    const isSuperseded = isOlder(event, inOrder.slice(index + 1), known);
    return { event, reason: reasonToSkip(event, known, isSuperseded, nowMs) };
  });
  return {
    push: judged.filter(({ reason }) => reason === undefined).map(({ event }) => event),
    skip: judged.flatMap(({ event, reason }) => (reason === undefined ? [] : [{ event, reason }])),
  };
}

function reasonToSkip(
  event: WaitingEvent,
  known: Known,
  isSuperseded: boolean,
  nowMs: number,
): SkipReason | undefined {
  const { id, name, data } = event;
  if (!isAppointmentEvent(name)) return 'other_event';
  if (known.wasDelivered(id)) return 'delivered';
  if (known.wasPushed(id)) return 'pushed';
  if (known.wasToldWithOthers(id)) return 'with_others';
  if (isSuperseded) return 'superseded';
  if ((startOf(data)?.atMs ?? Infinity) <= nowMs) return 'in_the_past';
  return known.hasDevice ? undefined : 'no_device';
}

/** Something newer of its appointment waits behind it, or went to the person. */
function isOlder(event: WaitingEvent, behind: readonly WaitingEvent[], known: Known): boolean {
  const { appointmentId } = event;
  if (appointmentId === undefined) return false;
  if ((known.newestOf(appointmentId) ?? 0) > placeOf(event, known)) return true;
  return behind.some((other) => other.appointmentId === appointmentId && isAppointmentEvent(other.name));
}

function placeOf({ id }: WaitingEvent, known: Known): number {
  return known.placeOf(id) ?? Number.MAX_SAFE_INTEGER;
}

/** Of what the history has not shown yet: a cursor begins with the time at which it was stamped, so that its text sorts by that. */
function byCursor(a: WaitingEvent, b: WaitingEvent): number {
  return a.cursor < b.cursor ? -1 : Number(a.cursor > b.cursor);
}
