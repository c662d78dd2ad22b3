import { RoomcastClient, type ClientOptions } from './client.ts';
import { platformOf } from './platform.ts';
import { transportOf, type TransportOptions } from './transport-of.ts';

export type { ClientOptions, Heard, HeardAs, HeardName, RoomcastClient } from './client.ts';
export type { CursorStorage } from './cursor-store.ts';
export type { Gap } from './feed.ts';
export { RoomcastError, Unauthorized } from './errors.ts';
export type { AppointmentData, AppointmentEvent, CalendarData, EventName, RoomcastEvent } from './frames.ts';
export type { Status } from './machine.ts';
export type { Fetch, WebSocketConstructor, WebSocketLike } from './platform.ts';
export type { Snapshot } from './shown-status.ts';
export type { GetToken } from './tokens.ts';

export type RoomcastOptions = ClientOptions & TransportOptions;

/** Idle until `start()`. Make one for each person who is signed in, outside of components. */
export function createRoomcast(options: RoomcastOptions): RoomcastClient {
  const platform = platformOf(globalThis);
  return new RoomcastClient(platform, transportOf({ ...platform, ...options }), options);
}
