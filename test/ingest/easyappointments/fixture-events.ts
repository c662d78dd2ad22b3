const people = 'admin provider_4 customer_6';

/** Every captured webhook, and what a ledger that knows nothing makes of it: event, why, rooms. */
export const fixtureEvents: readonly (readonly [file: string, events: readonly string[]])[] = [
  ['admin_save', []],
  ['appointment_delete', ['appointment.cancelled → admin provider_2 customer_6']],
  ['appointment_delete.rest', [`appointment.cancelled → ${people}`]],
  ['appointment_save.new', [`appointment.created → ${people}`]],
  ['appointment_save.new-minimal', [`appointment.created → ${people}`]],
  ['appointment_save.new-unicode', [`appointment.created → ${people}`]],
  ['appointment_save.update-calendar-ids', [`appointment.updated → ${people}`]],
  ['appointment_save.update-provider-changed', ['appointment.updated → admin provider_2 customer_6']],
  ['appointment_save.update-reschedule', [`appointment.updated → ${people}`]],
  // Nothing in the body tells an edit within the same second from a new appointment.
  ['appointment_save.update-same-second', [`appointment.created → ${people}`]],
  ['appointment_save.update-status-cancelled', [`appointment.cancelled → ${people}`]],
  ['blocked_period_delete', ['calendar.sync (blocked_period.deleted) → calendar admin']],
  ['blocked_period_save', ['calendar.sync (blocked_period.saved) → calendar admin']],
  ['customer_delete', []],
  ['customer_save.new', []],
  ['customer_save.update', []],
  ['provider_delete', []],
  ['provider_save.new', ['calendar.sync (provider.availability_changed) → calendar provider_4 admin']],
  [
    'provider_save.with-credentials',
    ['calendar.sync (provider.availability_changed) → calendar provider_4 admin'],
  ],
  ['secretary_delete', []],
  ['secretary_save.new', []],
  ['secretary_save.providers-changed', []],
  ['service_category_save', []],
  ['service_save', []],
  ['unavailability_delete', ['calendar.sync (unavailability.deleted) → calendar provider_4 admin']],
  ['unavailability_save.new', ['calendar.sync (unavailability.saved) → calendar provider_4 admin']],
  ['unavailability_save.update', ['calendar.sync (unavailability.saved) → calendar provider_4 admin']],
];
