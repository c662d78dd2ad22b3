/**
 * `isAppointment`: it needs a provider or rooms, and without rooms goes to the people concerned; any other event
 * goes to `calendar`. `hasCompanion`: a thin `calendar.sync` goes to `calendar` in its place.
 */
type About =
  | { readonly isAppointment: true; readonly hasCompanion: boolean }
  | { readonly isAppointment: false; readonly hasCompanion: false };

export type EventKind = About & {
  /** What the existing apps call it, and backends may; without it they see its name with `_` for `.`. */
  readonly underscoreName?: string;
};

/** Every event; all that differs by its name follows from its row. */
export const eventKinds = {
  'appointment.created': { isAppointment: true, hasCompanion: true, underscoreName: 'appointment_created' },
  'appointment.updated': { isAppointment: true, hasCompanion: true, underscoreName: 'appointment_updated' },
  'appointment.cancelled': { isAppointment: true, hasCompanion: true, underscoreName: 'appointment_deleted' },
  'calendar.sync': { isAppointment: false, hasCompanion: false },
} as const satisfies Readonly<Record<string, EventKind>>;

/** Reasons of a `calendar.sync` that are events of their own to the existing apps, and what they call them. */
export const calendarReasons = {
  'unavailability.created': 'unavailability_created',
  'unavailability.updated': 'unavailability_updated',
  'unavailability.deleted': 'unavailability_deleted',
  'provider.availability_changed': 'provider_availability_changed',
  'provider.status_changed': 'provider_status_changed',
} as const;
