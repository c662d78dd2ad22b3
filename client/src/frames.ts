/** What is known of an appointment beside its id depends on the backend: a key that an event does not have is as it was. */
export interface AppointmentData {
  readonly id?: number | string;
  readonly appointment_id?: number | string;
  readonly appointmentId?: number | string;
  readonly provider_id?: number | string;
  readonly customer_id?: number | string;
  /** RFC 3339. */
  readonly start?: string;
  readonly end?: string;
  /** In the provider's time zone, where that is not known. */
  readonly start_local?: string;
  readonly end_local?: string;
  readonly status?: string;
  readonly reason?: string;
  /** Too large to be sent whole: ask the backend for the rest. */
  readonly truncated?: true;
  readonly [key: string]: unknown;
}

/** A slot that has changed, without personal data. */
export interface CalendarData {
  readonly reason?: string;
  readonly appointment_id?: number | string;
  readonly provider_id?: number | string;
  readonly start?: string;
  readonly end?: string;
  readonly start_local?: string;
  readonly end_local?: string;
  readonly [key: string]: unknown;
}

interface EventBase {
  /** When the backend says that it happened; RFC 3339. */
  readonly timestamp: string;
  readonly id: string;
  readonly cursor: string;
}
interface Appointment<Name extends string> extends EventBase {
  readonly event: Name;
  readonly data: AppointmentData;
}
interface Calendar extends EventBase {
  readonly event: 'calendar.sync';
  readonly data: CalendarData;
}

export type AppointmentEvent =
  | Appointment<'appointment.created'>
  | Appointment<'appointment.updated'>
  | Appointment<'appointment.cancelled'>;

/** Events that a later server may have come too: end a `switch` with a `default`. */
export type RoomcastEvent = AppointmentEvent | Calendar;
export type EventName = RoomcastEvent['event'];

/** Frames of the server as far as they are used; whatever else comes is left alone. */
export type ServerFrame =
  | ({ readonly type: 'connected'; readonly cursor: string } & Expiry & {
        readonly ping_interval_seconds: number;
        /** Whether it keeps what an app has taken. */
        readonly acks?: true;
      })
  | ({ readonly type: 'refreshed' } & Expiry)
  | { readonly type: 'resumed'; readonly recovered: true; readonly cursor: string }
  | { readonly type: 'resumed'; readonly recovered: false; readonly cursor: string; readonly reason: string }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  | { readonly type: 'going_away'; readonly reconnect_after_ms: number }
  | { readonly type: 'pong' };
interface Expiry {
  readonly expires_at: string;
}

export type Frame = RoomcastEvent | ServerFrame;

/** The server is trusted to keep to its protocol; what is no JSON, as a proxy may send, is dropped. */
export function parseFrame(text = ''): Frame | undefined {
  try {
    return Object(JSON.parse(text)) as Frame;
  } catch {
    return undefined;
  }
}
