import { describe, expect, it } from '@jest/globals';
import { wallClockAt } from '../../../services/ingest/backends/easyappointments/local-time.ts';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';

const created = webhook('appointment_save.new');
const deletion = { ...created, action: 'appointment_delete' };
const SYNC = ['calendar.sync (appointment.cancelled) → calendar provider_4 admin'];
const CANCELLED = ['appointment.cancelled → admin provider_4 customer_6'];

/** Its provider is in Berlin, where it ends at 10:45, 09:45 UTC. */
async function deciderAt(hour: number, minute: number, zone: string | null = 'Europe/Berlin') {
  const decider = new TestDecider();
  await decider.take(webhook('provider_save.new', { timezone: zone }));
  await decider.take(created);
  decider.nowMs = Date.UTC(2026, 11, 3, hour, minute);
  return decider;
}

describe('an appointment that is deleted', () => {
  it('after it is over in the zone of its provider is news for calendars only', async () => {
    const decider = await deciderAt(9, 46);
    expect((await decider.take(deletion)).map(told)).toEqual(SYNC);
    expect(await decider.take(deletion)).toEqual([]);
    expect((await (await deciderAt(9, 44)).take(deletion)).map(told)).toEqual(CANCELLED);
  });

  it('is over by the default zone of the site where its provider has none', async () => {
    for (const [zone, lines] of [
      ['Asia/Tokyo', SYNC],
      ['America/New_York', CANCELLED],
    ] as const) {
      const decider = await deciderAt(6, 0, null);
      await decider.decider.completed({ asOfMs: 0, firstDay: '2026-12-02', lastDay: '2026-12-05', zone });
      expect((await decider.take(deletion)).map(told)).toEqual(lines);
    }
  });

  it('where no zone is known is over when it is everywhere on earth', async () => {
    const decider = new TestDecider();
    decider.nowMs = Date.UTC(2026, 11, 3, 22, 44);
    expect((await decider.take(deletion)).map(told)).toEqual(CANCELLED);
    const later = new TestDecider();
    later.nowMs = Date.UTC(2026, 11, 3, 22, 46);
    expect((await later.take(deletion)).map(told)).toEqual(SYNC);
  });

  it('is told to those who expect it later, because the save that moved it was lost', async () => {
    const moved = webhook('appointment_save.update-reschedule');
    const decider = await deciderAt(9, 46);
    await decider.take(moved);
    expect((await decider.take({ ...deletion })).map(told)).toEqual(CANCELLED);
  });

  it('and that the REST API does not show any more is news for calendars only as well', async () => {
    const decider = await deciderAt(9, 46);
    await decider.decider.begin();
    const before = decider.announced.length;
    await decider.decider.observe({ kind: 'gone', of: 'appointment', id: 1, asOfMs: decider.nowMs + 60_000 });
    expect(decider.announced.slice(before).map(told)).toEqual(SYNC);
  });

  it('with its provider is told if it is not over, to the minute', async () => {
    expect(await (await deciderAt(9, 46)).take(webhook('provider_delete'))).toEqual([]);
    expect(await (await deciderAt(9, 44)).take(webhook('provider_delete'))).toHaveLength(1);
  });
});

describe('a wall clock', () => {
  it('shows the time of its zone, and without one that of the zone that gets there last', () => {
    const ms = Date.UTC(2026, 11, 3, 9, 46);
    expect(wallClockAt(ms, 'Europe/Berlin')).toBe('2026-12-03 10:46:00');
    for (const none of [null, undefined, 'Nowhere/Else']) {
      expect(wallClockAt(ms, none)).toBe('2026-12-02 21:46:00');
    }
  });
});
