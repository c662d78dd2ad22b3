import { readFileSync } from 'node:fs';
import type { AcceptedEvent } from '../../services/ingest/accept/accept.ts';
import type { Refusal } from '../../services/ingest/accept/problems.ts';
import {
  ChangeDecider,
  type DeciderOptions,
} from '../../services/ingest/backends/easyappointments/change-decider.ts';
import type { LedgerEntry } from '../../services/ingest/backends/easyappointments/entries.ts';
import { Ledger } from '../../services/ingest/backends/easyappointments/ledger.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { AppError } from '../../shared/contract/errors.ts';
import { readWebhook } from '../../services/ingest/backends/easyappointments/webhook.ts';

export interface WebhookBody {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const folder = new URL('../fixtures/easyappointments/', import.meta.url);

/** The body that Easy!Appointments 1.6.0 sent, captured; changed in some columns if asked. */
export function webhook(name: string, changes: Readonly<Record<string, unknown>> = {}): WebhookBody {
  const body = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as WebhookBody;
  return { ...body, payload: { ...body.payload, ...changes } };
}

/** So late that it is not over when a test runs by the clock of the machine. */
export const FAR_AHEAD = { start_datetime: '2999-12-03 17:00:00', end_datetime: '2999-12-03 17:45:00' };

/** A decider before a broker that the test plays: what is announced and written is kept, and confirmed at once. */
export class TestDecider {
  readonly announced: AcceptedEvent[] = [];
  readonly written: LedgerEntry[] = [];
  /** How many events were handed over at once. */
  readonly batches: number[] = [];
  readonly refusals: Refusal[] = [];
  refuses = () => false;
  /** Whether what was announced is lost before the ledger has it. */
  losesWrite = () => false;
  readonly ledger: Ledger;
  readonly decider: ChangeDecider;
  readonly #keepHash: boolean;
  #messages = 0;
  /** 2026-11-23, a moment after the fixtures were captured. */
  nowMs = Date.UTC(2026, 10, 23);
  /** How far the machine's clock has been set. */
  steppedMs = 0;

  constructor({ ledger = new Ledger(), ...options }: Partial<DeciderOptions> = {}) {
    this.ledger = ledger;
    this.#keepHash = options.keepHash ?? false;
    this.decider = new ChangeDecider({
      ledger,
      announce: (events) => {
        if (this.refuses()) throw new AppError('too_many_unconfirmed', 'full');
        this.batches.push(events.length);
        this.announced.push(...events);
        return Promise.resolve();
      },
      write: (entries) => {
        if (this.losesWrite()) return Promise.reject(new AppError('broker_unavailable', 'lost'));
        this.written.push(...entries);
        for (const entry of entries) ledger.apply(entry);
        return Promise.resolve();
      },
      catchUp: () => Promise.resolve(),
      cancelledStatuses: new Set(['cancelled', 'canceled']),
      quietStatuses: new Set(['draft']),
      keepHash: this.#keepHash,
      clock: () => wallTime(this.wallMs),
      ...options,
    });
  }

  get wallMs(): number {
    return this.nowMs + this.steppedMs;
  }

  /** Takes one webhook, a second after the one before, and returns the events that it made. */
  async take(body: WebhookBody, id = `m${(this.#messages += 1)}`): Promise<AcceptedEvent[]> {
    const read = readWebhook(body, { keepHash: this.#keepHash });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const { value } = read;
    if (value.kind === 'ignored' || value.kind === 'reconcile') return [];
    const before = this.announced.length;
    this.nowMs += 1_000;
    const refusal = await this.decider.take({
      webhook: value,
      entrance: 'webhook',
      id,
      receivedMs: this.wallMs,
    });
    if (refusal !== undefined) this.refusals.push(refusal);
    return this.announced.slice(before);
  }
}

/** An event as a line: its name, its rooms, and why if it says so. */
export function told({ name, rooms, data }: AcceptedEvent): string {
  const { reason } = data;
  return `${name}${typeof reason === 'string' ? ` (${reason})` : ''} → ${rooms.join(' ')}`;
}
