import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { acceptWebhook, type AcceptedWebhook } from '../../services/ingest/core/easyappointments.ts';

const folder = new URL('../fixtures/easyappointments/', import.meta.url);
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Webhook;
const options = { now: '2026-11-22T12:00:00.000Z' };

interface Webhook {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

function accepted(input: unknown): AcceptedWebhook {
  const checked = acceptWebhook(input, options);
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.value;
}

describe("upstream's webhook", () => {
  it.each([
    ['appointment_save.new', 'appointment.created', ['admin', 'provider_4', 'customer_6']],
    ['appointment_save.new-minimal', 'appointment.created', ['admin', 'provider_4', 'customer_6']],
    ['appointment_save.new-unicode', 'appointment.created', ['admin', 'provider_4', 'customer_6']],
    ['appointment_save.update-reschedule', 'appointment.updated', ['admin', 'provider_4', 'customer_6']],
    [
      'appointment_save.update-provider-changed',
      'appointment.updated',
      ['admin', 'provider_2', 'customer_6'],
    ],
    ['appointment_save.update-calendar-ids', 'appointment.updated', ['admin', 'provider_4', 'customer_6']],
    // Nothing in the body tells an edit within the same second from a new appointment.
    ['appointment_save.update-same-second', 'appointment.created', ['admin', 'provider_4', 'customer_6']],
    [
      'appointment_save.update-status-cancelled',
      'appointment.cancelled',
      ['admin', 'provider_4', 'customer_6'],
    ],
    ['appointment_delete', 'appointment.cancelled', ['admin', 'provider_2', 'customer_6']],
    ['appointment_delete.rest', 'appointment.cancelled', ['admin', 'provider_4', 'customer_6']],
  ])('%s is %s', (file, name, rooms) => {
    const { payload } = fixture(file);
    const { events } = accepted(fixture(file));
    expect(events).toEqual([{ id: undefined, name, rooms, timestamp: options.now, data: expect.anything() }]);
    const { hash, id_google_calendar, id_caldav_calendar, ...open } = payload;
    expect([hash, id_google_calendar, id_caldav_calendar]).not.toContain(undefined);
    expect(events[0]?.data).toEqual(open);
  });

  it.each([
    ['unavailability_save.new', 'unavailability.saved'],
    ['unavailability_save.update', 'unavailability.saved'],
    ['unavailability_delete', 'unavailability.deleted'],
  ])('%s is a calendar.sync with the slot only', (file, reason) => {
    const { start_datetime: start, end_datetime: end } = fixture(file).payload;
    expect(accepted(fixture(file)).events).toMatchObject([
      { name: 'calendar.sync', rooms: ['calendar', 'provider_4', 'admin'] },
    ]);
    expect(accepted(fixture(file)).events[0]?.data).toEqual({
      reason,
      appointment_id: 5,
      provider_id: 4,
      start,
      end,
    });
  });

  it.each([true, '1', 1])('an appointment with is_unavailability %p is one', (flag) => {
    const { payload } = fixture('appointment_save.new');
    const { events } = accepted({
      action: 'appointment_save',
      payload: { ...payload, is_unavailability: flag },
    });
    expect(events[0]?.data).toMatchObject({ reason: 'unavailability.saved' });
  });

  it.each([
    ['blocked_period_save', 'blocked_period.saved'],
    ['blocked_period_delete', 'blocked_period.deleted'],
  ])('%s tells calendar and admins the slot only', (file, reason) => {
    expect(accepted(fixture(file)).events).toMatchObject([
      { name: 'calendar.sync', rooms: ['calendar', 'admin'] },
    ]);
    expect(accepted(fixture(file)).events[0]?.data).toEqual({
      reason,
      start: '2026-12-24 00:00:00',
      end: '2026-12-27 00:00:00',
    });
  });

  it.each([' CANCELLED ', 'canceled', 'Cancelled'])('a save with status %p is a cancellation', (status) => {
    const { payload } = fixture('appointment_save.new');
    const { events } = accepted({ action: 'appointment_save', payload: { ...payload, status } });
    expect(events[0]?.name).toBe('appointment.cancelled');
  });

  it('reads ids that arrive as strings', () => {
    const { payload } = fixture('appointment_save.new');
    const strings = { ...payload, id: '1', id_users_provider: '4', id_users_customer: '6' };
    expect(accepted({ action: 'appointment_save', payload: strings }).events[0]?.rooms).toContain(
      'provider_4',
    );
  });

  it('announces nothing for actions that move no appointment, and says whether it knows them', () => {
    expect(accepted(fixture('provider_save.with-credentials'))).toEqual({ events: [], known: true });
    expect(accepted({ action: 'appointment_create', payload: {} })).toEqual({ events: [], known: false });
  });

  it('lets no secret of any fixture through', () => {
    for (const file of readdirSync(folder)) {
      const webhook = fixture(file.replace('.json', ''));
      const sent = JSON.stringify(accepted(webhook).events);
      expect(sent).not.toMatch(/hash|calendar_id|id_google|id_caldav|token|password|Dentist|Christmas/);
    }
  });

  it.each([
    ['no envelope', {}, ['/action', '/payload']],
    ['a payload that is a list', { action: 'appointment_save', payload: [] }, ['/payload']],
    ['no provider', { action: 'appointment_save', payload: { id: 1 } }, ['/payload/provider_id']],
    [
      'a bad provider',
      { action: 'appointment_save', payload: { id_users_provider: 'x' } },
      ['/payload/id_users_provider'],
    ],
    [
      'a bad provider of an absence',
      { action: 'unavailability_save', payload: { id_users_provider: 0 } },
      ['/payload/id_users_provider'],
    ],
  ])('with %s is refused where the sender wrote it', (_name, input, paths) => {
    const checked = acceptWebhook(input, options);
    expect('problems' in checked ? checked.problems.map(({ path }) => path) : checked).toEqual(paths);
  });
});
