import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../shared/contract/errors.ts';
import { shownAfter, shownBy, type BookedRow } from '../../support/shown-phones.ts';
import { TestDecider, webhook, type WebhookBody } from '../../support/test-decider.ts';
import { fixtureEvents } from './fixture-events.ts';

type Row = BookedRow & Readonly<Record<string, unknown>>;

const at = (second: number) =>
  new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString().slice(0, 19).replace('T', ' ');

const edit = fc.record({
  start_datetime: fc.constantFrom('2026-12-03 10:00:00', '2026-12-03 11:00:00', '2026-12-04 09:00:00'),
  id_users_provider: fc.constantFrom(2, 4),
  id_users_customer: fc.constantFrom(6, 7),
  status: fc.constantFrom('Booked', 'Booked', 'Cancelled'),
});
/** What happens to the rows in the database, one after the other: each is told by one webhook. */
const history = fc.array(
  fc.record({ id: fc.constantFrom(1, 2), edit, isDelete: fc.boolean(), seconds: fc.constantFrom(0, 1, 3) }),
  { minLength: 1, maxLength: 6 },
);
type History = ReturnType<typeof history.generate>['value'];

/** The webhooks of a history and the rows that it leaves; without `ties` no two changes are of one second. */
function live(changes: History, ties: boolean): { webhooks: WebhookBody[]; rows: Row[] } {
  const rows = new Map<number, Row>();
  const deleted = new Set<number>();
  const webhooks: WebhookBody[] = [];
  let second = 0;
  for (const { id, edit: columns, isDelete, seconds } of changes) {
    if (deleted.has(id)) continue;
    second += ties ? seconds : seconds + 1;
    const before = rows.get(id);
    if (isDelete && before !== undefined) {
      rows.delete(id);
      deleted.add(id);
      webhooks.push({ action: 'appointment_delete', payload: before });
      continue;
    }
    const created = before?.['create_datetime'] ?? at(second);
    const row: Row = {
      id,
      ...columns,
      id_services: 1,
      end_datetime: columns.start_datetime.replace(':00:00', ':45:00'),
      create_datetime: created,
      book_datetime: created,
      update_datetime: at(second),
    };
    rows.set(id, row);
    webhooks.push({ action: 'appointment_save', payload: row });
  }
  return { webhooks, rows: [...rows.values()] };
}

/** A decider whose ledger may not be written, so that what was announced comes again with its message. */
class CrashingDecider extends TestDecider {
  readonly #left: boolean[];

  constructor(crashes: readonly boolean[]) {
    super();
    this.#left = [...crashes];
    this.losesWrite = () => this.#left.shift() === true;
  }

  async takeUntilDone(body: WebhookBody, id: string): Promise<void> {
    for (let tries = this.#left.length; tries >= 0; tries -= 1) {
      try {
        await this.take(body, id);
        return;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }
  }

  /** The appointments that the ledger holds as booked. */
  believed(): BookedRow[] {
    return [1, 2].flatMap((id) => {
      const known = this.ledger.get('appointment', id);
      if (known?.state !== 'booked') return [];
      const { start, provider, customer } = known;
      return [
        {
          id,
          start_datetime: String(start),
          id_users_provider: provider,
          id_users_customer: Number(customer),
          status: 'Booked',
        },
      ];
    });
  }

  /** A comparison with the database, later than all webhooks. */
  async compare(rows: readonly Row[]): Promise<void> {
    this.losesWrite = () => false;
    await this.decider.begin();
    const asOfMs = this.nowMs + 60_000;
    for (const row of rows) {
      const shown = { ...row, create_datetime: undefined, update_datetime: undefined };
      await this.decider.observe({ kind: 'appointment', row: shown, asOfMs, isNew: true });
    }
    for (const id of this.decider.appointmentsBetween('2026-01-01', '2027-12-31'))
      if (!rows.some((row) => row.id === id))
        await this.decider.observe({ kind: 'gone', of: 'appointment', id, asOfMs });
  }
}

const MAX_REPEATS = 3;

/** Each webhook at least once, in an order and with repeats of its message that the numbers choose. */
function delivered(webhooks: readonly WebhookBody[], choices: readonly number[]) {
  const messages = webhooks.map((body, index) => ({ body, id: `m${index}` }));
  const repeats = choices.slice(0, MAX_REPEATS).flatMap((choice) => messages[choice % messages.length] ?? []);
  return [...messages, ...repeats]
    .map((message, index) => ({ message, key: choices[index % choices.length] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ message }) => message);
}

const choices = fc.array(fc.nat(1_000), { minLength: 3, maxLength: 12 });
const crashes = fc.array(fc.boolean(), { maxLength: 10 });

describe('phones end at what the database says', () => {
  it('whatever the order and repetition of webhooks and the decisions lost before the ledger had them', async () => {
    await fc.assert(
      fc.asyncProperty(history, choices, crashes, async (changes, order, lostWrites) => {
        const { webhooks, rows } = live(changes, false);
        const decider = new CrashingDecider(lostWrites);
        for (const { body, id } of delivered(webhooks, order)) await decider.takeUntilDone(body, id);
        expect(shownAfter(decider.announced)).toEqual(shownBy(rows));
      }),
      { numRuns: 300 },
    );
  });

  it('after a comparison, also when webhooks were lost and several changes are of one second', async () => {
    await fc.assert(
      fc.asyncProperty(history, choices, crashes, fc.nat(63), async (changes, order, lostWrites, missing) => {
        const { webhooks, rows } = live(changes, true);
        const decider = new CrashingDecider(lostWrites);
        const came = webhooks.filter((_, index) => (missing & (1 << index)) === 0);
        const inOrder = came.length === 0 ? [] : delivered(came, order);
        for (const { body, id } of inOrder) await decider.takeUntilDone(body, id);
        await decider.compare(rows);
        expect(shownAfter(decider.announced)).toEqual(shownBy(rows));
      }),
      { numRuns: 300 },
    );
  });

  it('or, where nobody can be asked, at what we take for it, when several changes are of one second', async () => {
    await fc.assert(
      fc.asyncProperty(history, choices, crashes, async (changes, order, lostWrites) => {
        const { webhooks } = live(changes, true);
        const decider = new CrashingDecider(lostWrites);
        for (const { body, id } of delivered(webhooks, order)) await decider.takeUntilDone(body, id);
        expect(shownAfter(decider.announced)).toEqual(shownBy(decider.believed()));
      }),
      { numRuns: 300 },
    );
  });

  const files = fixtureEvents.map(([file]) => file).filter((file) => file.startsWith('appointment_'));
  it.each(files)(
    'after a comparison, with the captured %s before and after every other webhook',
    async (file) => {
      for (const [other] of fixtureEvents) {
        for (const pair of [
          [file, other],
          [other, file],
        ]) {
          const decider = new CrashingDecider([]);
          for (const name of pair) await decider.take(webhook(name));
          const own = webhook(file);
          const rows = own.action === 'appointment_delete' ? [] : [own.payload as Row];
          await decider.compare(rows);
          expect({ pair, shown: shownAfter(decider.announced) }).toEqual({ pair, shown: shownBy(rows) });
        }
      }
    },
  );
});
