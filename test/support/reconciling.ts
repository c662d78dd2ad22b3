import { Writable } from 'node:stream';
import type { Decider, Observation, Run } from '../../services/ingest/backends/easyappointments/api/ports.ts';
import {
  Reconciler,
  type ReconcilerOptions,
  type RunReport,
} from '../../services/ingest/backends/easyappointments/api/reconciler.ts';
import { SiteUrl } from '../../services/ingest/backends/easyappointments/settings.ts';
import { Pace } from '../../services/ingest/backends/easyappointments/api/questions.ts';
import type { Timer } from '../../services/ingest/backends/easyappointments/api/timer.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { Secret } from '../../shared/config/env.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { API_TOKEN, FakeEasyAppointments } from './easyappointments-rest.ts';

/** 2026-11-23, so that the captured appointment of 2026-12-03 lies ahead. */
export const NOW_MS = Date.UTC(2026, 10, 23, 12);

type Outcome = Awaited<ReturnType<Decider['observe']>>;

/** Time that passes at once where a wait is shorter than an hour; longer ones wait for the test. */
class TestTime {
  nowMs = NOW_MS;
  readonly waits: number[] = [];
  #pending: { delayMs: number; callback: () => void } | undefined;
  #wake: () => void = () => undefined;

  readonly clock = () => wallTime(this.nowMs);
  readonly now = () => this.nowMs;

  readonly timer: Timer = (delayMs, callback) => {
    if (delayMs >= 3_600_000) {
      this.#pending = { delayMs, callback };
      this.#wake();
      return () => (this.#pending = undefined);
    }
    this.waits.push(delayMs);
    const immediate = setImmediate(() => {
      this.nowMs += delayMs;
      callback();
    });
    return () => clearImmediate(immediate);
  };

  get isWaiting(): boolean {
    return this.#pending !== undefined;
  }

  /** Lets the wait end that is pending, or the next one; resolves to how long it would have been. */
  async pass(): Promise<number> {
    while (this.#pending === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    const { delayMs, callback } = this.#pending;
    this.#pending = undefined;
    this.nowMs += delayMs;
    callback();
    return delayMs;
  }
}

/** Knows what it was told, by the rules of the port. */
class FakeDecider implements Decider {
  readonly observations: Observation[] = [];
  readonly existing = new Map<number, string>();
  /** The days on which those that are no appointments end. */
  readonly others = { unavailability: new Map<number, string>(), blocked_period: new Map<number, string>() };
  lastRun: Run | undefined;
  /** Before anything is decided; may reject. */
  before: (observation: Observation) => Promise<void> = () => Promise.resolve();

  async observe(observation: Observation): Promise<Outcome> {
    await this.before(observation);
    this.observations.push(observation);
    if (observation.kind === 'gone') {
      const { of, id } = observation;
      const existing = of === 'appointment' ? this.existing : this.others[of];
      return existing.delete(id) ? 'announced' : 'unchanged';
    }
    if (observation.kind === 'person' || observation.kind === 'service') return 'learned';
    const id = Number(observation.row['id']);
    const isAbsence = observation.row['is_unavailability'] === true;
    if (observation.kind === 'blocked_period' || isAbsence) {
      const others = this.others[isAbsence ? 'unavailability' : 'blocked_period'];
      const wasKnown = others.has(id);
      others.set(id, String(observation.row['end_datetime']).slice(0, 10));
      if (wasKnown) return 'unchanged';
      return observation.isNew ? 'announced' : 'learned';
    }
    const known = this.existing.has(id);
    this.existing.set(id, String(observation.row['start_datetime']).slice(0, 10));
    if (known) return 'unchanged';
    return observation.isNew ? 'announced' : 'learned';
  }

  existingFrom(kind: 'unavailability' | 'blocked_period', firstDay: string): readonly number[] {
    return [...this.others[kind]].filter(([, day]) => day >= firstDay).map(([id]) => id);
  }

  tellAgain(): Promise<number> {
    return Promise.resolve(0);
  }

  appointmentsBetween(firstDay: string, lastDay: string): readonly number[] {
    return [...this.existing].filter(([, day]) => day >= firstDay && day <= lastDay).map(([id]) => id);
  }

  completed(run: Run): Promise<void> {
    this.lastRun = run;
    return Promise.resolve();
  }

  /** Ids of the appointments that were seen since the last look. */
  takeIds(): number[] {
    const ids = this.observations.flatMap((one) =>
      one.kind === 'appointment' ? [Number(one.row['id'])] : [],
    );
    this.observations.length = 0;
    return ids;
  }

  get gone(): number[] {
    return this.observations.flatMap((one) => (one.kind === 'gone' ? [one.id] : []));
  }
}

/** A reconciler between a site and a decider that the test plays. */
export class Reconciling {
  readonly decider = new FakeDecider();
  readonly time = new TestTime();
  readonly log: string[] = [];
  readonly reports: RunReport[] = [];
  readonly reconciler: Reconciler;
  readonly #reported: (() => void)[] = [];

  private constructor(
    readonly site: FakeEasyAppointments,
    { token = API_TOKEN, url = site.url, ...site_ }: SiteChanges,
    { intervalMs = 0, ...options }: ReconcilingOptions,
  ) {
    this.reconciler = new Reconciler({
      site: {
        base: SiteUrl.parse(url),
        token: new Secret(token),
        timeoutMs: 10_000,
        maxResponseBytes: 1024 ** 2,
        ...site_,
      },
      decider: this.decider,
      periodMs: 0,
      daysAhead: 90,
      maxRows: 1_000,
      ...{ clock: this.time.clock, now: this.time.now, timer: this.time.timer },
      pace: new Pace({ intervalMs, now: this.time.now, timer: this.time.timer }),
      logger: createLogger('ingest', 'debug', this.#sink()),
      onReport: (report) => {
        this.reports.push(report);
        for (const resolve of this.#reported.splice(0)) resolve();
      },
      ...options,
    });
  }

  static async start(site: SiteChanges = {}, options: ReconcilingOptions = {}): Promise<Reconciling> {
    return new Reconciling(await FakeEasyAppointments.start(), site, options);
  }

  run(signal: AbortSignal = new AbortController().signal): Promise<RunReport> {
    return this.reconciler.run(signal);
  }

  /** Resolves at the end of the next run that it starts by itself. */
  report(): Promise<RunReport | undefined> {
    return new Promise((resolve) => this.#reported.push(() => resolve(this.reports.at(-1))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reconciler.stop();
    await this.site[Symbol.asyncDispose]();
  }

  #sink(): Writable {
    const { log } = this;
    return new Writable({
      write(chunk: Buffer, _encoding, done) {
        log.push(chunk.toString());
        done();
      },
    });
  }
}

type ReconcilingOptions = Partial<ReconcilerOptions> & { readonly intervalMs?: number };

interface SiteChanges {
  readonly token?: string;
  readonly url?: string;
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
}
