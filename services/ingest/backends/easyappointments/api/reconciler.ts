import { AppError } from '../../../../../shared/contract/errors.ts';
import { unixMs } from '../../../../../shared/core/wall-time.ts';
import type { Stray } from './json-in.ts';
import { noCounts, type RunOptions, type RunCounts } from './observing.ts';
import type { Decider } from './ports.ts';
import { Questions, type ApiAccess } from './questions.ts';
import { ApiFailure } from './failure.ts';
import { reconcile } from './run.ts';

export interface ReconcilerOptions extends ApiAccess {
  readonly decider: Decider;
  /** From the end of one run to the next; 0 for none but those that are asked for. */
  readonly periodMs: number;
  readonly daysAhead: number;
  /** Of lists that cannot be asked for days: so many are compared, the newest where the API sorts. */
  readonly maxRows: number;
  readonly onReport?: (report: RunReport) => void;
}

export interface RunReport extends Readonly<RunCounts> {
  readonly outcome: 'complete' | 'given_up' | 'stopped';
  /** Why it ran. */
  readonly reason: string;
  readonly requests: number;
  readonly durationMs: number;
  /** What stood beside the JSON of its answers, which were read all the same. */
  readonly stray?: Stray | undefined;
  /** Lists that could not be read, while the others were compared. */
  readonly unread?: readonly string[];
  /** Why it was given up, and what to look at. */
  readonly problem?: { readonly code: string; readonly message: string } | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Finds by the REST API what the webhooks missed: when it starts, after each period, and when it is asked.
 *
 * Works for the one instance that decides on webhooks: `start` when that is this one, `stop` when it is not any more.
 * One run at a time; a request during a run starts one more after it, since the run may have passed what changed.
 */
export class Reconciler {
  #abort: AbortController | undefined;
  #underWay: Promise<void> | undefined;
  #next: string | undefined;
  /** Lists of which was said why not all of them is compared. */
  readonly #limited = new Set<string>();
  #cancelPeriod: () => void = () => undefined;

  constructor(private readonly options: ReconcilerOptions) {}

  start(): void {
    this.#abort ??= new AbortController();
    this.request('start');
  }

  /** Does nothing before `start` and after `stop`. */
  request(reason: string): void {
    if (this.#abort === undefined) return;
    if (this.#underWay === undefined) this.#underWay = this.#work(reason, this.#abort.signal);
    else this.#next = reason;
  }

  /** Resolves when the run under way has ended; it breaks off where it is. */
  async stop(): Promise<void> {
    this.#cancelPeriod();
    this.#abort?.abort(new Error('stopped'));
    this.#abort = undefined;
    await this.#underWay;
  }

  /** Does not reject for anything that a site or a broker may do: the report tells. */
  async run(signal: AbortSignal, reason = 'asked for'): Promise<RunReport> {
    const { decider, maxRows, daysAhead, clock, now, logger } = this.options;
    const asOfMs = unixMs(clock());
    const begunMs = now();
    // A day more before, because the days of providers in other zones begin earlier and end later than ours.
    const days = { firstDay: dayAt(asOfMs - DAY_MS), lastDay: dayAt(asOfMs + daysAhead * DAY_MS) };
    const run = { asOfMs, ...days };
    const counts = noCounts();
    const unread: string[] = [];
    const leftOut: RunOptions['leftOut'] = (resource, why) => {
      if (this.#sayLeftOut(resource, why)) unread.push(resource);
    };
    const questions = new Questions(this.options, signal);
    const report = (outcome: RunReport['outcome'], problem?: RunReport['problem']): RunReport => ({
      outcome,
      reason,
      requests: questions.requests,
      ...counts,
      durationMs: Math.round(now() - begunMs),
      stray: questions.stray,
      ...(unread.length > 0 && { unread }),
      problem,
    });
    try {
      await reconcile({ decider, questions, run, signal, counts, maxRows, leftOut, logger });
      return report('complete');
    } catch (error) {
      if (signal.aborted) return report('stopped');
      return report('given_up', problemIn(error));
    }
  }

  /** Says why a list is not compared, or not all of it: each time where that may pass, which is what it returns, else once. */
  #sayLeftOut(resource: string, why: ApiFailure | 'rows'): boolean {
    const { logger, maxRows } = this.options;
    if (why !== 'rows' && !why.isMissing) {
      logger.warn({ resource, code: why.code }, `${resource} are not compared in this run: ${why.message}`);
      return true;
    }
    if (this.#limited.has(resource)) return false;
    this.#limited.add(resource);
    if (why === 'rows') {
      const advice = `of ${resource} only ${maxRows} are compared: raise EASYAPPOINTMENTS_RECONCILE_MAX_ROWS`;
      logger.warn({ resource }, advice);
    } else {
      logger.info(
        { resource },
        `this Easy!Appointments has no ${resource} in its REST API: they are not compared`,
      );
    }
    return false;
  }

  async #work(first: string, signal: AbortSignal): Promise<void> {
    const { periodMs, timer, logger, onReport } = this.options;
    this.#cancelPeriod();
    this.#next = first;
    while (this.#next !== undefined && !signal.aborted) {
      const reason = this.#next;
      this.#next = undefined;
      try {
        const report = await this.run(signal, reason);
        this.#log(report);
        onReport?.(report);
      } catch (error) {
        logger.error({ err: error }, 'reconciliation failed by a fault of ours');
      }
    }
    this.#underWay = undefined;
    if (this.#abort === undefined) this.#next = undefined;
    // Stopped and started again meanwhile.
    else if (this.#abort.signal !== signal) this.request(this.#next ?? 'start');
    else if (periodMs > 0) this.#cancelPeriod = timer(periodMs, () => this.request('period'));
  }

  #log(report: RunReport): void {
    const { logger } = this.options;
    const { outcome, problem, stray, ...fields } = report;
    if (stray !== undefined) logger.warn({ code: 'rest_not_clean' }, straySentence(stray));
    if (problem !== undefined) {
      logger.warn({ ...fields, code: problem.code }, `reconciliation gave up: ${problem.message}`);
    } else {
      logger.info(
        fields,
        outcome === 'complete' ? 'reconciled with Easy!Appointments' : 'reconciliation stopped',
      );
    }
  }
}

/** For the log and the health report. */
export function straySentence(stray: Stray): string {
  return `Answers of the REST API have ${stray} beside their JSON and are read all the same: look at the PHP error log of Easy!Appointments, switch display_errors off, and save changed PHP files without a byte order mark.`;
}

/** Throws on what nobody foresaw. */
function problemIn(error: unknown): NonNullable<RunReport['problem']> {
  if (error instanceof ApiFailure) return { code: error.code, message: error.message };
  if (!(error instanceof AppError)) throw error;
  return {
    code: error.code,
    message: `what it found cannot be announced now (${error.message}); the next run finds it again`,
  };
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
