import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareLists } from '../../../services/ingest/backends/easyappointments/api/lists.ts';
import { noCounts } from '../../../services/ingest/backends/easyappointments/api/observing.ts';
import type { Page } from '../../../services/ingest/backends/easyappointments/api/questions.ts';
import { createLogger } from '../../../shared/service/logger.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { TestDecider, type WebhookBody } from '../../support/test-decider.ts';

const LENGTH = 5;
const ids = Array.from({ length: 12 }, (_, index) => index + 1);
const starts = ['2026-12-03 10:00:00', '2026-12-03 11:00:00'];

/** What somebody does to one of them, and what becomes of its webhook. */
const edit = fc.record({
  id: fc.constantFrom(...ids),
  start: fc.constantFrom(...starts),
  isDelete: fc.boolean(),
  webhook: fc.constantFrom('comes', 'lost', 'late'),
});
type Edit = ReturnType<typeof edit.generate>['value'];
const step = fc.oneof(
  { weight: 3, arbitrary: edit },
  // A run, with so many edits after each of its pages.
  fc.record({ between: fc.array(edit, { maxLength: 6 }) }),
);

const at = (second: number) =>
  new Date(Date.UTC(2026, 10, 22, 10) + second * 1000).toISOString().slice(0, 19).replace('T', ' ');

/** A site with unavailabilities and blocked periods of the same ids and times, and what comes of it. */
class Site extends TestDecider {
  /** Whether its API heeds the order that it is asked for. */
  sorts = true;
  readonly rows = { unavailability: new Map<number, string>(), blocked_period: new Map<number, string>() };
  readonly #deleted = new Set<number>();
  readonly #late: WebhookBody[] = [];
  #second = 0;
  isTelling = false;

  async edit({ id, start, isDelete, webhook: fate }: Edit): Promise<void> {
    if (this.#deleted.has(id)) return;
    this.#second += 1;
    const verb = isDelete && this.rows.unavailability.has(id) ? 'delete' : 'save';
    for (const kind of ['unavailability', 'blocked_period'] as const) {
      const row = {
        id,
        update_datetime: at(this.#second),
        start_datetime: verb === 'save' ? start : this.rows[kind].get(id),
        end_datetime: '2026-12-03 12:00:00',
        id_users_provider: 4,
      };
      if (verb === 'save') this.rows[kind].set(id, start);
      else this.rows[kind].delete(id);
      const body = { action: `${kind}_${verb}`, payload: row };
      if (fate === 'comes') await this.tell(body);
      if (fate === 'late') this.#late.push(body);
    }
    if (verb === 'delete') this.#deleted.add(id);
  }

  async tell(body: WebhookBody): Promise<void> {
    this.isTelling = true;
    try {
      await this.take(body, `${body.action}-${String(body.payload['update_datetime'])}`);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await this.tell(body);
    }
    this.isTelling = false;
  }

  async tellLate(): Promise<void> {
    for (const body of this.#late.splice(0)) await this.tell(body);
  }

  async run(between: readonly Edit[] = []): Promise<void> {
    const left = [...between];
    const { decider } = this;
    const run = { asOfMs: this.nowMs, firstDay: '2026-11-22', lastDay: '2027-02-20' };
    const logger = createLogger('test', 'silent');
    const options = {
      decider,
      questions: {
        pages: (resource: string, query: Readonly<Record<string, string>> = {}) =>
          this.#pages(resource, query, left),
        single: () => Promise.reject(new Error('nobody asks for a single one')),
      },
      run,
      signal: new AbortController().signal,
      counts: noCounts(),
      maxRows: 100,
      leftOut: () => undefined,
      logger,
    };
    const from = await compareLists(options, LENGTH);
    await decider.completed({ ...run, ...from });
  }

  async *#pages(
    resource: string,
    { sort, length = '' }: Readonly<Record<string, string>>,
    left: Edit[],
  ): AsyncGenerator<Page> {
    const kind = resource === 'unavailabilities' ? 'unavailability' : 'blocked_period';
    for (let page = 0; ; page += 1) {
      const isUp = sort === '+id' || !this.sorts;
      const all = [...this.rows[kind]].sort(([a], [b]) => (isUp ? a - b : b - a));
      const rows = all
        .slice(page * Number(length), (page + 1) * Number(length))
        .map(([id, start]) => ({ id, start, end: '2026-12-03 12:00:00', providerId: 4 }));
      yield { rows, asOfMs: this.nowMs };
      if (rows.length < Number(length)) return;
      const next = left.shift();
      if (next !== undefined) await this.edit(next);
    }
  }

  /** Unavailabilities that calendars were told to be gone and that nobody deleted. */
  get toldGone(): readonly unknown[] {
    return this.announced
      .filter(({ data }) => data['reason'] === 'unavailability.deleted')
      .map(({ data }) => data['appointment_id'])
      .filter((id) => !this.#deleted.has(Number(id)));
  }

  /** When calendars show the unavailabilities, by what they were told. */
  get shown(): Record<string, unknown> {
    const shown = new Map<number, unknown>();
    for (const { data } of this.announced) {
      const id = Number(data['appointment_id']);
      if (data['reason'] === 'unavailability.saved') shown.set(id, data['start_local']);
      if (data['reason'] === 'unavailability.deleted') shown.delete(id);
    }
    return Object.fromEntries(shown);
  }
}

describe('calendars end at what the lists say', () => {
  it('whatever was lost, late or changed while pages were turned, and the next run has nothing more to tell', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.array(fc.boolean(), { maxLength: 6 }),
        fc.boolean(),
        async (steps, lostWrites, sorts) => {
          const site = new Site();
          site.sorts = sorts;
          await site.decider.begin();
          await site.run();
          const losses = [...lostWrites];
          // Of a webhook: its message comes again.
          site.losesWrite = () => site.isTelling && losses.shift() === true;
          for (const one of steps) {
            if (!('between' in one)) await site.edit(one);
            else await site.run(one.between);
          }
          await site.tellLate();
          site.losesWrite = () => false;
          site.nowMs += 60_000;
          await site.run();
          expect(site.shown).toEqual(Object.fromEntries(site.rows.unavailability));
          expect([...site.ledger.existingFrom('blocked_period', '2026-11-22')].sort()).toEqual(
            [...site.rows.blocked_period.keys()].sort(),
          );
          expect(site.toldGone).toEqual([]);
          const told = site.announced.length;
          site.nowMs += 60_000;
          await site.run();
          expect(site.announced).toHaveLength(told);
        },
      ),
      { numRuns: 400 },
    );
  });
});
