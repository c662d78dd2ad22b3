import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import type { TimelineEntry } from '../stream/timeline.ts';

/** An event of which its user has receipts. */
export interface OwnEvent {
  readonly id: string;
  readonly cursor: Cursor;
}

let last: { readonly entry: TimelineEntry; readonly event: OwnEvent } | undefined;

/** `undefined`: of this entry, who has the room has no receipts. One object for all sessions that are written it one after the other. */
export function eventOf(room: Room, entry: TimelineEntry): OwnEvent | undefined {
  const { frame, rooms, identity, cursor } = entry;
  if (!rooms.includes(room) || frame?.dotted.name.startsWith('appointment.') !== true) return undefined;
  if (last?.entry === entry) return last.event;
  // Contents, where the identity has them, stand on a line of their own.
  const end = identity.indexOf('\n');
  const event = { id: end === -1 ? identity : identity.slice(0, end), cursor };
  last = { entry, event };
  return event;
}
