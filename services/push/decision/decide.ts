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
  /** Of the newest event of an appointment that went to them. */
  readonly newestOf: (appointmentId: number) => Cursor | undefined;
}

type SkipReason = 'other_event' | 'delivered' | 'pushed' | 'superseded' | 'in_the_past' | 'no_device';

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
  const inOrder = [...new Map(waiting.map((event) => [event.id, event])).values()].toSorted(byCursor);
  const newest = newestAmong(inOrder, known);
  const judged = inOrder.map((event) => ({ event, reason: reasonToSkip(event, known, newest, nowMs) }));
  return {
    push: judged.filter(({ reason }) => reason === undefined).map(({ event }) => event),
    skip: judged.flatMap(({ event, reason }) => (reason === undefined ? [] : [{ event, reason }])),
  };
}

function reasonToSkip(
  event: WaitingEvent,
  known: Known,
  newest: ReadonlyMap<number, Cursor>,
  nowMs: number,
): SkipReason | undefined {
  const { id, name, cursor, data, appointmentId } = event;
  if (!isAppointmentEvent(name)) return 'other_event';
  if (known.wasDelivered(id)) return 'delivered';
  if (known.wasPushed(id)) return 'pushed';
  if (appointmentId !== undefined && cursor < (newest.get(appointmentId) ?? cursor)) return 'superseded';
  if ((startOf(data)?.atMs ?? Infinity) <= nowMs) return 'in_the_past';
  return known.hasDevice ? undefined : 'no_device';
}

/** Whichever is newer: what is known already, or what waits. */
function newestAmong(inOrder: readonly WaitingEvent[], known: Known): ReadonlyMap<number, Cursor> {
  const newest = new Map<number, Cursor>();
  for (const { name, appointmentId, cursor } of inOrder) {
    if (appointmentId === undefined || !isAppointmentEvent(name)) continue;
    const other = known.newestOf(appointmentId) ?? cursor;
    newest.set(appointmentId, other > cursor ? other : cursor);
  }
  return newest;
}

/** A cursor begins with the time at which it was stamped, so that its text sorts by that. */
function byCursor(a: WaitingEvent, b: WaitingEvent): number {
  return a.cursor < b.cursor ? -1 : Number(a.cursor > b.cursor);
}
