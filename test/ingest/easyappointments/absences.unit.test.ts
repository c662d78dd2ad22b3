import { describe, expect, it } from '@jest/globals';
import type { Gone } from '../../../services/ingest/backends/easyappointments/api/ports.ts';
import {
  BlockedPeriodResource,
  UnavailabilityResource,
} from '../../../services/ingest/backends/easyappointments/api/rows.ts';
import { resource, type Row } from '../../support/easyappointments-rest.ts';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';

const MINUTE_MS = 60_000;

class Comparing extends TestDecider {
  /** What a run that asks `laterMs` after the last webhook tells. */
  async compare(listed: Row, { isNew = true, laterMs = MINUTE_MS } = {}): Promise<string[]> {
    const asOfMs = this.nowMs + laterMs;
    const isAbsence = Object.hasOwn(listed, 'providerId');
    const row = (isAbsence ? UnavailabilityResource : BlockedPeriodResource).parse(listed);
    const kind = isAbsence ? 'appointment' : 'blocked_period';
    return this.#since(() => this.decider.observe({ kind, row, asOfMs, isNew }));
  }

  async miss(of: Gone, id: number, laterMs = MINUTE_MS): Promise<string[]> {
    const asOfMs = this.nowMs + laterMs;
    return this.#since(() => this.decider.observe({ kind: 'gone', of, id, asOfMs }));
  }

  async #since(work: () => Promise<unknown>): Promise<string[]> {
    await this.decider.begin();
    const before = this.announced.length;
    await work();
    return this.announced.slice(before).map(told);
  }

  async tell(file: string, changes: Row = {}): Promise<string[]> {
    return (await this.take(webhook(file, changes))).map(told);
  }
}

const NEXT = '2026-11-22 23:34:00';
const kinds = [
  {
    what: 'an unavailability',
    of: 'unavailability',
    save: 'unavailability_save.new',
    remove: 'unavailability_delete',
    id: 5,
    saved: 'calendar.sync (unavailability.saved) → calendar provider_4 admin',
    deleted: 'calendar.sync (unavailability.deleted) → calendar provider_4 admin',
    listed: resource('unavailability'),
  },
  {
    what: 'a blocked period',
    of: 'blocked_period',
    save: 'blocked_period_save',
    remove: 'blocked_period_delete',
    id: 1,
    saved: 'calendar.sync (blocked_period.saved) → calendar admin',
    deleted: 'calendar.sync (blocked_period.deleted) → calendar admin',
    listed: resource('blocked_period'),
  },
] as const;

describe.each(kinds)('$what', ({ of, save, remove, id, saved, deleted, listed }) => {
  const moved = { start_datetime: '2026-12-05 08:00:00', end_datetime: '2026-12-05 09:00:00' };
  const listedMoved = { ...listed, start: '2026-12-05 08:00:00', end: '2026-12-05 09:00:00' };

  it('that the webhooks told is no news for a run', async () => {
    const decider = new Comparing();
    expect(await decider.tell(save)).toEqual([saved]);
    const written = decider.written.length;
    expect(await decider.compare(listed)).toEqual([]);
    expect(decider.written).toHaveLength(written);
  });

  it('that a run found is told as by its webhook, once: a late webhook and later runs tell nothing', async () => {
    const decider = new Comparing();
    const byWebhook = new Comparing();
    await byWebhook.tell(save);
    expect(await decider.compare(listed)).toEqual([saved]);
    expect(decider.announced.map(({ data }) => data)).toEqual(byWebhook.announced.map(({ data }) => data));
    expect(await decider.tell(save)).toEqual([]);
    expect(await decider.compare(listed)).toEqual([]);
  });

  it('is only learned where nothing was compared before', async () => {
    const decider = new Comparing();
    expect(await decider.compare(listed, { isNew: false })).toEqual([]);
    expect(decider.written).toHaveLength(1);
    expect(await decider.tell(save)).toEqual([]);
  });

  it.each([
    ['its start', { start: '2026-12-05 08:00:00' }],
    ['its end', { end: '2026-12-30 09:00:00' }],
    ['its notes', { notes: 'other' }],
  ])('of which %s changed is told', async (_what, change) => {
    const decider = new Comparing();
    await decider.tell(save);
    expect(await decider.compare({ ...listed, ...change })).toEqual([saved]);
    expect(await decider.compare({ ...listed, ...change })).toEqual([]);
  });

  it('is told as moved by whichever comes first, the webhook or the run', async () => {
    const decider = new Comparing();
    await decider.tell(save);
    expect(await decider.compare(listedMoved)).toEqual([saved]);
    expect(await decider.tell(save, { ...moved, update_datetime: NEXT })).toEqual([]);

    const other = new Comparing();
    await other.tell(save);
    expect(await other.tell(save, { ...moved, update_datetime: NEXT })).toEqual([saved]);
    expect(await other.compare(listedMoved)).toEqual([]);
  });

  it('that was told less than 10 s before is left to the next run', async () => {
    const decider = new Comparing();
    await decider.tell(save);
    expect(await decider.compare(listedMoved, { laterMs: 9_000 })).toEqual([]);
    expect(await decider.miss(of, id, 9_000)).toEqual([]);
    expect(await decider.compare(listedMoved)).toEqual([saved]);
  });

  it('that is gone is told once, by whichever comes first', async () => {
    const decider = new Comparing();
    await decider.tell(save);
    expect(await decider.miss(of, id)).toEqual([deleted]);
    expect(await decider.miss(of, id)).toEqual([]);
    expect(await decider.tell(remove)).toEqual([]);
    // Saved before it was deleted, and late.
    expect(await decider.tell(save)).toEqual([]);

    const other = new Comparing();
    await other.compare(listed);
    expect(await other.tell(remove)).toEqual([deleted]);
    expect(await other.miss(of, id)).toEqual([]);
  });

  it('that is there again after it was gone is told', async () => {
    const decider = new Comparing();
    await decider.tell(save);
    await decider.miss(of, id);
    expect(await decider.compare(listed, { laterMs: 2 * MINUTE_MS })).toEqual([saved]);
  });

  it('that nobody knows is not gone', async () => {
    expect(await new Comparing().miss(of, id)).toEqual([]);
  });

  it('that changes while the broker does not take it is told by the next run', async () => {
    const decider = new Comparing();
    await decider.tell(save);
    decider.refuses = () => true;
    await expect(decider.compare(listedMoved)).rejects.toThrow('full');
    decider.refuses = () => false;
    expect(await decider.compare(listedMoved)).toEqual([saved]);
  });
});

describe('an unavailability', () => {
  const listed = resource('unavailability');
  const saved = 'calendar.sync (unavailability.saved) → calendar provider_4 admin';

  /** As 0.4 wrote it. */
  async function ofOlderVersion(): Promise<Comparing> {
    const writer = new Comparing();
    await writer.tell('unavailability_save.new');
    const decider = new Comparing();
    for (const entry of writer.written) {
      if (entry.kind !== 'appointment') continue;
      decider.ledger.apply({ ...entry, record: { ...entry.record, listed: undefined } });
    }
    return decider;
  }

  it('of a ledger of an older version is compared by provider and times, and by its notes from then on', async () => {
    const decider = await ofOlderVersion();
    expect(await decider.compare(listed)).toEqual([]);
    expect(decider.written).toHaveLength(1);
    expect(await decider.compare(listed)).toEqual([]);
    expect(decider.written).toHaveLength(1);
    expect(await decider.compare({ ...listed, notes: 'other' })).toEqual([saved]);

    const moved = await ofOlderVersion();
    expect(await moved.compare({ ...listed, start: '2026-12-04 12:00:00' })).toEqual([saved]);
  });

  it('of a ledger of an older version that is saved without a change is no news', async () => {
    const decider = await ofOlderVersion();
    expect(await decider.tell('unavailability_save.new', { update_datetime: NEXT })).toEqual([]);
  });

  it('of another provider is told with the one before', async () => {
    const decider = new Comparing();
    await decider.tell('unavailability_save.new');
    expect(await decider.compare({ ...listed, providerId: 2 })).toEqual([
      'calendar.sync (unavailability.saved) → calendar provider_2 admin',
    ]);
    expect(decider.announced.at(-1)?.data).toMatchObject({ provider_id: 2, previous_provider_id: 4 });
  });

  it('is not gone for not being found among appointments', async () => {
    const decider = new Comparing();
    await decider.tell('unavailability_save.new');
    expect(await decider.miss('appointment', 5)).toEqual([]);
    expect(await decider.miss('unavailability', 5)).toHaveLength(1);
  });

  it('under the id of a booked appointment takes its place, and the other way round', async () => {
    const decider = new Comparing();
    await decider.tell('appointment_save.new');
    expect(await decider.compare({ ...listed, id: 1 })).toEqual([
      'appointment.cancelled → admin provider_4 customer_6',
      saved,
    ]);
    const row = { ...webhook('appointment_save.new').payload, create_datetime: undefined };
    const asOfMs = decider.nowMs + 2 * MINUTE_MS;
    decider.announced.length = 0;
    await decider.decider.observe({ kind: 'appointment', row, asOfMs, isNew: true });
    expect(decider.announced.map(told)).toEqual([
      'calendar.sync (unavailability.deleted) → calendar provider_4 admin',
      'appointment.created → admin provider_4 customer_6',
    ]);
  });

  it('that was saved twice in a second is not asked for as an appointment: the next run compares it', async () => {
    const checked: number[] = [];
    const decider = new Comparing({
      lookups: {
        nameOf: () => undefined,
        isDoubtful: () => false,
        told: () => undefined,
        heard: () => undefined,
        check: (id) => checked.push(id),
      },
    });
    await decider.tell('unavailability_save.new');
    await decider.tell('unavailability_save.new', { notes: 'the last webhook' });
    expect(checked).toEqual([]);
    expect(decider.ledger.undecided()).toEqual([]);
    expect(await decider.compare(listed, { laterMs: 1_000 })).toEqual([saved]);
  });
});

describe('a blocked period', () => {
  it('that is saved without a change announces nothing, and one that is called otherwise does', async () => {
    const decider = new Comparing();
    await decider.tell('blocked_period_save');
    expect(await decider.tell('blocked_period_save', { update_datetime: NEXT })).toEqual([]);
    expect(await decider.tell('blocked_period_save', { update_datetime: NEXT, name: 'Easter' })).toHaveLength(
      1,
    );
  });

  it('of which an older save comes late is not told again', async () => {
    const decider = new Comparing();
    await decider.tell('blocked_period_save', { update_datetime: NEXT, name: 'Easter' });
    expect(await decider.tell('blocked_period_save')).toEqual([]);
  });

  it('that ended long ago is forgotten, as appointments are', async () => {
    const decider = new Comparing();
    await decider.tell('blocked_period_save');
    decider.ledger.forgetBefore('2026-12-27');
    expect(decider.ledger.size).toBe(1);
    decider.ledger.forgetBefore('2026-12-28');
    expect(decider.ledger.size).toBe(0);
  });
});
