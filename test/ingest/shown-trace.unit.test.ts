import { describe, expect, it } from '@jest/globals';
import { shownTrace } from '../../services/ingest/admin/shown-trace.ts';
import type { Trace } from '../../shared/contract/trace.ts';

/** A cursor that was stamped then. */
const AT = '2026-11-26T09:00:00.120Z';
const stamped = Date.parse(AT).toString(16).padStart(12, '0');
const cursor = `${stamped.slice(0, 8)}-${stamped.slice(8)}-7000-8000-000000000000`;

const trace: Trace = {
  id: 'booking-12-v1',
  outcome: 'accepted',
  event: 'appointment.updated',
  cursor,
  timestamp: AT,
  appointment_id: 12,
  rooms: ['admin', 'provider_4', 'customer_6', 'secretary_2'],
  entrance: 'webhook',
  change: 'save',
  confirmed_at: '2026-11-26T09:00:00.123Z',
  repeats: [],
  parts: [],
  passed_over: [],
  people: [
    {
      role: 'provider',
      user_id: 4,
      stage: 'delivered',
      at: '2026-11-26T09:00:00.131Z',
      how: 'live',
      connection_id: 57,
      instance: 'ws-1',
    },
    { role: 'customer', user_id: 6, stage: 'delivered', at: '2026-11-26T09:04:11.002Z', how: 'resume' },
    {
      role: 'secretary',
      user_id: 2,
      stage: 'none',
      reason: 'no_session',
      since: '2026-11-25T17:40:05.000Z',
    },
  ],
  missing: [],
  complete: true,
};

describe('a trace as text', () => {
  it('says in a line each how the event came in and who was told of it when, or why not', () => {
    expect(shownTrace(trace)).toBe(`booking-12-v1   appointment.updated   2026-11-26 09:00:00.120
  in           webhook of Easy!Appointments, save of appointment 12; confirmed after 3 ms
  rooms        admin, provider_4, customer_6, secretary_2
  provider 4   delivered  09:00:00.131   connection 57 on ws-1
  customer 6   delivered  09:04:11.002   by resume, 4 min 11 s late
  secretary 2  nobody     no session since 2026-11-25 17:40
`);
  });

  it('names the day of what happened on another one, and says how late in the two largest units', () => {
    const told = { role: 'customer', user_id: 6, stage: 'seen', how: 'poll' } as const;
    const lineOf = (at: string) => shownTrace({ ...trace, people: [{ ...told, at }] }).split('\n')[3];
    expect(lineOf('2026-11-28T11:00:00.120Z')).toBe(
      '  customer 6   seen       2026-11-28 11:00:00.120   by poll, 2 d 2 h late',
    );
    expect(lineOf('2026-11-26T10:00:09.120Z')).toBe(
      '  customer 6   seen       10:00:09.120   by poll, 1 h late',
    );
    expect(lineOf('2026-11-26T09:00:02.120Z')).toBe('  customer 6   seen       09:00:02.120   by poll');
  });

  it.each<[string, Partial<Trace['people'][number]>, string]>([
    [
      'of somebody who was told in no other way',
      { stage: 'none', reason: 'no_session', push: { stage: 'pushed', at: AT, how: 'webpush' } },
      'pushed     09:00:00.120   by webpush; no session',
    ],
    [
      'why nobody was woken',
      { stage: 'none', reason: 'no_session', push: { stage: 'failed', at: AT, how: 'no_device' } },
      'nobody     no session; not woken: no_device',
    ],
    [
      'beside what they read later',
      { stage: 'delivered', at: AT, how: 'poll', push: { stage: 'pushed', at: AT, how: 'fcm' } },
      'delivered  09:00:00.120   by poll; pushed 09:00:00.120 by fcm',
    ],
  ])('says who was pushed: %s', (_what, fields, expected) => {
    const person = { role: 'customer', user_id: 6, stage: 'none', ...fields } as const;
    const [, , , line = ''] = shownTrace({ ...trace, people: [person] }).split('\n');
    expect(line.replace(/^ +customer 6 +/, '')).toBe(expected);
  });

  it('says what it does not know', () => {
    const unknown = { entrance: undefined, confirmed_at: undefined, change: undefined };
    const lines = shownTrace({ ...trace, ...unknown, people: [], complete: false }).split('\n');
    expect(lines[1]).toBe('  in           not kept');
    expect(lines[3]).toBe('  later        not all could be read: somebody may have been told since');
  });

  it('shows what a terminal would obey as an escape', () => {
    expect(shownTrace({ ...trace, id: 'a\u001b[2J' })).toMatch(/^a\\u001b\[2J {3}/);
  });
});
