import { expect, it } from '@jest/globals';
import { acceptedNames, NAME_EXPECTED, resolveName } from '../../services/ingest/accept/event-names.ts';

it('the names that a backend may give, in the order in which the OpenAPI document lists them', () => {
  expect(acceptedNames).toEqual([
    ...['appointment.created', 'appointment.updated', 'appointment.cancelled', 'calendar.sync'],
    ...['appointment_created', 'appointment_updated', 'appointment_deleted', 'appointment.deleted'],
    ...['unavailability.created', 'unavailability_created'],
    ...['unavailability.updated', 'unavailability_updated'],
    ...['unavailability.deleted', 'unavailability_deleted'],
    ...['provider.availability_changed', 'provider_availability_changed'],
    ...['provider.status_changed', 'provider_status_changed'],
  ]);
});

it('all of them mean something, and what clients alone are told means nothing', () => {
  expect(acceptedNames.filter((name) => resolveName(name) === undefined)).toEqual([]);
  expect(['calendar_sync', 'unavailability.saved', 'gap'].filter((name) => resolveName(name))).toEqual([]);
});

it('an answer lists them without the dotted twins of the existing names', () => {
  expect(NAME_EXPECTED).toBe(
    'expected one of appointment.created, appointment.updated, appointment.cancelled, calendar.sync, ' +
      'appointment_created, appointment_updated, appointment_deleted, unavailability_created, ' +
      'unavailability_updated, unavailability_deleted, provider_availability_changed, provider_status_changed',
  );
});
