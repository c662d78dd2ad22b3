import { describe, expect, it } from '@jest/globals';
import { acceptEvent } from '../../../services/ingest/accept/accept.ts';
import { companionOf } from '../../../services/ingest/accept/companion.ts';
import { enriched } from '../../../services/ingest/backends/easyappointments/compose.ts';
import { slotOf } from '../../../services/ingest/backends/easyappointments/local-time.ts';
import { play, stepsOf } from '../../support/cases.ts';
import { TestDecider, webhook } from '../../support/test-decider.ts';

describe('a slot', () => {
  it.each([
    ['02:30', '03:15', '2027-03-28T03:30:00+02:00', '2027-03-28T04:15:00+02:00'],
    ['02:00', '03:00', '2027-03-28T03:00:00+02:00', '2027-03-28T04:00:00+02:00'],
    ['02:10', '02:40', '2027-03-28T03:10:00+02:00', '2027-03-28T03:40:00+02:00'],
    ['01:30', '02:15', '2027-03-28T01:30:00+01:00', '2027-03-28T03:15:00+02:00'],
    ['01:30', '03:15', '2027-03-28T01:30:00+01:00', '2027-03-28T03:15:00+02:00'],
  ])('of %s to %s over the hour that is skipped is %s to %s', (start, end, from, to) => {
    const slot = { start: `2027-03-28 ${start}:00`, end: `2027-03-28 ${end}:00` };
    expect(slotOf(slot, 'Europe/Berlin')).toEqual({ start: from, end: to });
  });

  it('of days that begins in the hour that is skipped ends when its clock says', () => {
    const slot = { start: '2027-03-28 02:30:00', end: '2027-03-30 09:00:00' };
    expect(slotOf(slot, 'Europe/Berlin')).toMatchObject({ end: '2027-03-30T09:00:00+02:00' });
  });

  it.each(['01:30', '02:00', '02:30', '02:45'])(
    'from %s over the hour that comes twice never ends before it starts',
    (start) => {
      for (const end of ['02:45', '02:59', '03:00', '03:15']) {
        const slot = slotOf(
          { start: `2026-10-25 ${start}:00`, end: `2026-10-25 ${end}:00` },
          'Europe/Berlin',
        );
        expect(Date.parse(slot.end ?? '')).toBeGreaterThanOrEqual(Date.parse(slot.start ?? ''));
      }
    },
  );

  it.each([undefined, 'Mars/Olympus'])('in the zone %p has its times under other keys', (zone) => {
    const slot = { start: '2026-12-08 11:00:00', end: '2026-12-08 13:00:00' };
    expect(slotOf(slot, zone)).toEqual({ start_local: slot.start, end_local: slot.end });
  });
});

describe('the case dst-gap-end-before-start', () => {
  it('ends after it starts, with the length of its wall-clock times', async () => {
    const [event] = await play(new TestDecider(), 'dst-gap-end-before-start');
    expect(event?.data).toMatchObject({
      start: '2027-03-28T03:30:00+02:00',
      end: '2027-03-28T04:15:00+02:00',
    });
  });
});

describe('a time whose zone is not known', () => {
  it('is in no event under a key that has an offset elsewhere', async () => {
    const decider = new TestDecider();
    const [created] = await decider.take(webhook('appointment_save.new'));
    expect(created?.data).toMatchObject({
      start_local: '2026-12-03 10:00:00',
      end_local: '2026-12-03 10:45:00',
    });
    const [moved] = await decider.take(webhook('appointment_save.update-reschedule'));
    expect(moved?.data).toMatchObject({ previous_start_local: '2026-12-03 10:00:00' });
    const [absence] = await decider.take(webhook('unavailability_save.new'));
    expect(absence?.data).toMatchObject({ start_local: expect.any(String) });
    for (const event of [created, moved, absence]) {
      const companion = event === undefined ? undefined : companionOf({ ...event, id: 'e' });
      for (const data of [event?.data, companion?.data]) {
        expect(Object.keys(data ?? {})).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/^(previous_)?(start|end)$/)]),
        );
      }
    }
  });

  it('is the default zone of the site for what is nobody’s, once the REST API told it', async () => {
    const decider = new TestDecider();
    await decider.decider.begin();
    const blocked = webhook('blocked_period_save', {
      start_datetime: '2026-12-08 11:00:00',
      end_datetime: '2026-12-08 13:00:00',
    });
    const slot = { start_local: '2026-12-08 11:00:00', end_local: '2026-12-08 13:00:00' };
    expect(await decider.take(blocked)).toMatchObject([{ data: slot }]);
    await decider.decider.completed({ asOfMs: 1, firstDay: 'a', lastDay: 'b', zone: 'Europe/Berlin' });
    const renamed = { ...blocked, payload: { ...blocked.payload, name: 'Easter' } };
    expect(await decider.take(renamed)).toMatchObject([
      { data: { start: '2026-12-08T11:00:00+01:00', end: '2026-12-08T13:00:00+01:00' } },
    ]);
  });
});

describe('the case broadcast-unavailability-has-no-zone', () => {
  const [, broadcast] = stepsOf('broadcast-unavailability-has-no-zone');
  const accepted = acceptEvent(broadcast?.body, { now: '2026-11-26T22:15:31Z', withoutRooms: 'everyone' });
  const event = 'value' in accepted ? accepted.value : undefined;

  it('has the offset of its provider and its id', async () => {
    const decider = new TestDecider();
    const [provider] = stepsOf('broadcast-unavailability-has-no-zone');
    if (provider === undefined || event === undefined) throw new Error('the case has two steps');
    await decider.take(provider.body);
    expect(enriched(event, decider.ledger, { keepHash: false }).map(({ data }) => data)).toEqual([
      {
        reason: 'unavailability.created',
        appointment_id: 940107,
        provider_id: 940004,
        start: '2026-12-08T11:00:00+01:00',
        end: '2026-12-08T13:00:00+01:00',
      },
    ]);
  });

  it('has its times under other keys while the zone is not known', () => {
    if (event === undefined) throw new Error('the case is not taken');
    const [own] = enriched(event, new TestDecider().ledger, { keepHash: false });
    expect(own?.data).toMatchObject({ start_local: '2026-12-08 11:00:00' });
    expect(own?.data).not.toHaveProperty('start');
  });
});
