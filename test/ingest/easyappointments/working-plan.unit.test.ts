import { describe, expect, it } from '@jest/globals';
import { PersonRecord } from '../../../services/ingest/backends/easyappointments/entries.ts';
import { Ledger } from '../../../services/ingest/backends/easyappointments/ledger.ts';
import { PersonResource } from '../../../services/ingest/backends/easyappointments/api/rows.ts';
import { workingPlanOf } from '../../../services/ingest/backends/easyappointments/working-plan.ts';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';
import { resource } from '../../support/easyappointments-rest.ts';
import { NOW_MS } from '../../support/reconciling.ts';

const line = 'calendar.sync (provider.availability_changed) → calendar provider_4 admin';
const WEEK = JSON.stringify({ monday: { start: '09:00', end: '18:00', breaks: [] } });
const OTHER_WEEK = JSON.stringify({ monday: null });
const NONE: unknown[] = [];
const HALF_DAY = { '2026-12-24': { start: '09:00', end: '12:00', breaks: [] } };
const DAY_OFF = { ...HALF_DAY, '2026-12-25': null };

/** A decider that hears of provider 4 by saves and runs, a minute apart. */
class Providers extends TestDecider {
  static async start(ledger = new Ledger(), nowMs = NOW_MS): Promise<Providers> {
    const decider = new Providers({ ledger });
    decider.nowMs = nowMs;
    await decider.decider.begin();
    return decider;
  }

  /** As the webhook of 1.6.0 has it. */
  save(exceptions: unknown, week = WEEK): Promise<string[]> {
    return this.saveSettings({ working_plan: week, working_plan_exceptions: JSON.stringify(exceptions) });
  }

  async saveSettings(settings: object, changes: object = {}): Promise<string[]> {
    this.nowMs += 60_000;
    return (await this.take(webhook('provider_save.new', { settings, ...changes }))).map(told);
  }

  run(exceptions: unknown): Promise<string[]> {
    return this.runSettings({ workingPlanExceptions: exceptions });
  }

  async runSettings(settings: unknown): Promise<string[]> {
    const before = this.announced.length;
    this.nowMs += 60_000;
    const row = PersonResource.parse(resource('provider.with-credentials', { settings }));
    await this.decider.observe({ kind: 'person', role: 'provider', row, asOfMs: this.nowMs });
    return this.announced.slice(before).map(told);
  }

  get record() {
    return this.ledger.get('provider', 4);
  }

  /** What a later instance knows: what the stream gives back. */
  restarted(): Promise<Providers> {
    const ledger = new Ledger();
    for (const entry of this.written) ledger.apply(entry);
    return Providers.start(ledger, this.nowMs);
  }
}

/** A record as it was written before exceptions were compared. */
async function ofBefore(decider: Providers): Promise<Providers> {
  const record = PersonRecord.omit({ week: true, availability: true }).parse(decider.record);
  const ledger = new Ledger();
  ledger.apply({ kind: 'provider', id: 4, record });
  return Providers.start(ledger, decider.nowMs);
}

const availabilityOf = (exceptions: unknown) =>
  workingPlanOf(undefined, { working_plan_exceptions: exceptions }).availability;

describe('the exceptions of a working plan', () => {
  it.each<[string, unknown, unknown]>([
    ['of a webhook and of the REST API', JSON.stringify(DAY_OFF), DAY_OFF],
    ['with their days in another order', DAY_OFF, { '2026-12-25': null, ...HALF_DAY }],
    [
      'with the hours of a day in another order',
      HALF_DAY,
      '{"2026-12-24":{"breaks":[],"end":"12:00","start":"09:00"}}',
    ],
    [
      'with breaks that PHP wrote as an object',
      '{"2026-12-24":{"breaks":{}}}',
      { '2026-12-24': { breaks: [] } },
    ],
    ...[null, '', 'null', '[]', '{}', {}, 'no JSON', false].map((empty): [string, unknown, unknown] => [
      `that are none, as ${JSON.stringify(empty)}`,
      NONE,
      empty,
    ]),
  ])('are the same %s', (_what, one, other) => {
    expect(availabilityOf(one)).toBe(availabilityOf(other));
  });

  it.each<[string, unknown, unknown]>([
    ['none', NONE, HALF_DAY],
    ['a day off more', HALF_DAY, DAY_OFF],
    ['a day with other hours', HALF_DAY, { '2026-12-24': { start: '09:00', end: '13:00', breaks: [] } }],
    ['a day with nothing, which is a day off', { '2026-12-24': null }, NONE],
    [
      'breaks in another order',
      { '2026-12-24': { breaks: ['10:00', '11:00'] } },
      { '2026-12-24': { breaks: ['11:00', '10:00'] } },
    ],
  ])('are others with %s', (_what, one, other) => {
    expect(availabilityOf(one)).not.toBe(availabilityOf(other));
  });

  it('may be nested as deep as a body allows', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(availabilityOf(`{"2026-12-24":${deep}}`)).toEqual(expect.any(Number));
  });
});

describe('a run', () => {
  it('learns the exceptions of a provider who is new to it, and tells each change once, across restarts', async () => {
    const first = await Providers.start();
    expect(await first.run(NONE)).toEqual([]);
    const next = await first.restarted();
    expect(await next.run(HALF_DAY)).toEqual([line]);
    expect(next.announced[0]?.data).toEqual({ reason: 'provider.availability_changed', provider_id: 4 });
    expect(await next.run(HALF_DAY)).toEqual([]);
    expect(await next.run(NONE)).toEqual([line]);
    expect(await next.run(null)).toEqual([]);
  });

  it('only learns those of a record of before, with one entry', async () => {
    const before = await Providers.start();
    await before.save(NONE);
    const decider = await ofBefore(before);
    expect(await decider.run(HALF_DAY)).toEqual([]);
    expect(decider.written).toHaveLength(1);
    expect(await decider.run(HALF_DAY)).toEqual([]);
    expect(decider.written).toHaveLength(1);
    expect(decider.record?.plan).toBe(before.record?.plan);
    expect(await decider.run(DAY_OFF)).toEqual([line]);
  });

  it.each<[string, unknown]>([
    ['no settings', undefined],
    ['settings that are an empty list', []],
    ['settings without exceptions', { workingPlan: {} }],
  ])('takes a provider with %s as it was known', async (_what, settings) => {
    const decider = await Providers.start();
    await decider.save(HALF_DAY);
    expect(await decider.runSettings(settings)).toEqual([]);
    expect(decider.record).toMatchObject({ name: 'Marta Schneider' });
    expect(await decider.run(HALF_DAY)).toEqual([]);
    expect(await decider.run(NONE)).toEqual([line]);
  });

  it('takes nothing else of the settings', () => {
    const row = PersonResource.parse(resource('provider.with-credentials'));
    expect(row['settings']).toEqual({ working_plan_exceptions: [] });
  });
});

describe('a run and a save', () => {
  it('tell one change once, whichever comes first', async () => {
    const decider = await Providers.start();
    await decider.save(NONE);
    expect(await decider.save(HALF_DAY)).toEqual([line]);
    expect(await decider.run(HALF_DAY)).toEqual([]);
    expect(await decider.run(DAY_OFF)).toEqual([line]);
    const later = await decider.restarted();
    expect(await later.save(DAY_OFF)).toEqual([]);
    expect(await later.run(DAY_OFF)).toEqual([]);
    expect(await later.save(DAY_OFF)).toEqual([]);
  });

  it('tell a change of the week beside exceptions that were told', async () => {
    const decider = await Providers.start();
    await decider.save(NONE);
    expect(await decider.run(HALF_DAY)).toEqual([line]);
    expect(await decider.save(HALF_DAY, OTHER_WEEK)).toEqual([line]);
    expect(await decider.save(DAY_OFF, WEEK)).toEqual([line]);
  });

  it('of a provider whom a run learnt tell the exceptions that changed in between, and not the plan', async () => {
    const decider = await Providers.start();
    await decider.run(NONE);
    expect(await decider.save(NONE)).toEqual([]);
    expect(await decider.save(NONE, OTHER_WEEK)).toEqual([line]);
    const other = await Providers.start();
    await other.run(NONE);
    expect(await other.save(HALF_DAY)).toEqual([line]);
  });

  it('tell a week that changed since a record of before', async () => {
    const before = await Providers.start();
    await before.save(NONE);
    const same = await ofBefore(before);
    await same.run(NONE);
    expect(await same.save(NONE)).toEqual([]);
    const changed = await ofBefore(before);
    await changed.run(NONE);
    expect(await changed.save(NONE, OTHER_WEEK)).toEqual([line]);
  });
});

describe('a save', () => {
  it('that writes the same plan in another form is no news', async () => {
    const decider = await Providers.start();
    await decider.save(NONE);
    expect(await decider.saveSettings({ working_plan: WEEK, working_plan_exceptions: null })).toEqual([]);
    expect(
      await decider.saveSettings({ working_plan: JSON.parse(WEEK) as unknown, working_plan_exceptions: '' }),
    ).toEqual([]);
  });

  it('without exceptions, or without settings, leaves them as they were', async () => {
    const decider = await Providers.start();
    await decider.save(HALF_DAY);
    expect(await decider.saveSettings({ working_plan: WEEK }, { last_name: 'S' })).toEqual([]);
    expect((await decider.take(webhook('provider_save.new', { settings: null }))).map(told)).toEqual([]);
    expect(await decider.run(HALF_DAY)).toEqual([]);
    expect(await decider.save(HALF_DAY)).toEqual([]);
  });

  it('of a provider who is new is news', async () => {
    const decider = await Providers.start();
    expect(await decider.save(NONE)).toEqual([line]);
  });
});
