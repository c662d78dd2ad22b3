import { unixMs } from '../../../../../shared/core/wall-time.ts';
import { backoffMs } from '../../../../../shared/core/backoff.ts';
import type { SteadyClock, WallClock } from '../../../../../shared/service/clock.ts';
import type { Logger } from '../../../../../shared/service/logger.ts';
import { ask, type Site } from './exchange.ts';
import type { Stray } from './json-in.ts';
import { ApiFailure, wrongAddress } from './failure.ts';
import { idIn } from './rows.ts';
import { wait, type Timer } from './timer.ts';

/** With what runs and single questions ask. */
export interface ApiAccess {
  readonly site: Site;
  readonly pace: Pace;
  readonly clock: WallClock;
  readonly now: SteadyClock;
  readonly timer: Timer;
  readonly logger: Logger;
}

export interface Page {
  readonly rows: readonly unknown[];
  /** Our clock just before the page was asked for. */
  readonly asOfMs: number;
}

/** Rows of one page, of about a kilobyte each at most; the application's own default is 20. */
export const PAGE_LENGTH = 250;
/** Of one run, until it gives up. */
export const MAX_FAILURES = 5;
/** The waits between the tries; the last of them is the longest. */
export const RETRY = { firstMs: 5_000, maxMs: 40_000 };
/** Easy!Appointments counts requests over this time and does not say when it ends. */
const LIMIT_WINDOW_MS = 120_000;
const MAX_RETRY_AFTER_MS = 15 * 60_000;

/** The questions of one run: one at a time, at a pace, and asked again a bounded number of times. */
export class Questions {
  /** Sent so far, failed ones too. */
  requests = 0;
  /** Of the first answer that had some. */
  stray: Stray | undefined;
  #failures = 0;

  constructor(
    private readonly access: ApiAccess,
    private readonly signal: AbortSignal,
  ) {}

  /** All rows page by page, in the order of their ids unless asked otherwise: a row that is added comes last and moves none. */
  async *pages(resource: string, query: Readonly<Record<string, string>> = {}): AsyncGenerator<Page> {
    const seen = new Set<number>();
    for (let page = 1; ; page += 1) {
      const parameters = { sort: '+id', length: String(PAGE_LENGTH), ...query, page: String(page) };
      const { value, asOfMs } = await this.#ask(resource, parameters);
      const url = this.access.site.base + resource;
      if (value === undefined) throw wrongAddress(url, '404', { isMissing: true });
      if (!Array.isArray(value)) throw wrongAddress(url, 'with JSON that is not a list');
      const rows = value as readonly unknown[];
      const before = seen.size;
      for (const row of rows) seen.add(idIn(row) ?? 0);
      yield { rows, asOfMs };
      if (rows.length < Number(parameters.length)) return;
      // Something in between answers every page with the same one; it would never end.
      if (seen.size === before) throw wrongAddress(url, `page ${page} with the rows of the pages before it`);
    }
  }

  /** Its row is `undefined` when there is none any more. */
  async single(resource: string, id: number | string): Promise<{ row: unknown; asOfMs: number }> {
    const { value, asOfMs } = await this.#ask(`${resource}/${id}`, {});
    return { row: value, asOfMs };
  }

  async #ask(path: string, query: Readonly<Record<string, string>>) {
    const { site, pace, clock, timer } = this.access;
    for (;;) {
      await pace.turn(this.signal);
      const asOfMs = unixMs(clock());
      this.requests += 1;
      try {
        const { value, stray } = await ask(site, path, query, this.signal);
        this.stray ??= stray;
        return { value, asOfMs };
      } catch (error) {
        if (!(error instanceof ApiFailure) || !error.passes) throw error;
        this.#failures += 1;
        if (this.#failures >= MAX_FAILURES) throw error;
        await wait(this.#waitAfter(error), this.signal, timer);
      }
    }
  }

  #waitAfter({ code, retryAfterMs }: ApiFailure): number {
    if (retryAfterMs !== undefined) return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
    return code === 'rate_limited' ? LIMIT_WINDOW_MS : backoffMs(RETRY, this.#failures - 1);
  }
}

/** Single questions that may go out at once, with what the interval gives up to 100 in 120 seconds. */
const BURST = 20;

/** Keeps two requests apart, also those of two runs; a few single questions may go ahead, and are made up for. */
export class Pace {
  /** How far what went out is ahead of the interval, when it was last counted. */
  #aheadMs = 0;
  #countedMs = -Infinity;

  constructor(
    private readonly options: {
      /** Between the beginnings of two requests. */
      readonly intervalMs: number;
      readonly now: SteadyClock;
      readonly timer: Timer;
    },
  ) {}

  async turn(signal: AbortSignal): Promise<void> {
    const waitMs = this.#count();
    this.#aheadMs += this.options.intervalMs;
    if (waitMs > 0) await wait(waitMs, signal, this.options.timer);
  }

  /** Whether a question may go out at once. */
  tryTurn(): boolean {
    const { intervalMs } = this.options;
    if (this.#count() > BURST * intervalMs) return false;
    this.#aheadMs += intervalMs;
    return true;
  }

  #count(): number {
    const nowMs = this.options.now();
    // A clock that was set back must not make it longer.
    this.#aheadMs = Math.max(0, this.#aheadMs - Math.max(0, nowMs - this.#countedMs));
    this.#countedMs = nowMs;
    return this.#aheadMs;
  }
}
