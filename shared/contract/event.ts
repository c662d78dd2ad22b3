import type { Cursor } from './cursor.ts';
import { eventKinds, type EventKind } from './event-kinds.ts';
import type { Address } from './routing.ts';

type Kinds = typeof eventKinds;
export type EventName = keyof Kinds;
export type AppointmentEventName = {
  [Name in EventName]: Kinds[Name]['isAppointment'] extends true ? Name : never;
}[EventName];
export const eventNames = Object.keys(eventKinds) as readonly EventName[];
export type EventData = Readonly<Record<string, unknown>>;

/** A fact that a backend told us, checked and addressed. */
export interface RoomcastEvent {
  /** The backend's id, or the one we gave it; a repeat carries the same. */
  readonly id: string;
  readonly name: EventName;
  readonly data: EventData;
  /** RFC 3339 with offset, as the backend gave it. */
  readonly timestamp: string;
  readonly rooms: readonly Address[];
}

export function kindOf(name: EventName): EventKind {
  return eventKinds[name];
}

export function isAppointmentEvent(name: EventName): name is AppointmentEventName {
  return kindOf(name).isAppointment;
}

/** The bytes that every client of the event's rooms receives: built once by ingest, never parsed again. */
export function encodeEventFrame(event: RoomcastEvent, cursor: Cursor): Buffer {
  const { name, data, timestamp, id } = event;
  // `event` comes first: see `renameEventFrame`.
  return Buffer.from(JSON.stringify({ event: name, data, timestamp, id, cursor }));
}

/** The same frame under another name, spliced; as it is where it does not begin as ours do. */
export function renameEventFrame(frame: Buffer, from: string, to: string): Buffer {
  const begin = beginOf(from);
  if (!frame.subarray(0, begin.byteLength).equals(begin)) return frame;
  return Buffer.concat([beginOf(to), frame.subarray(begin.byteLength)]);
}

function beginOf(name: string): Buffer {
  return Buffer.from(`{"event":"${name}"`);
}
