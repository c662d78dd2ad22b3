import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { LatencyWindow } from '../../shared/core/latency-window.ts';
import { steadyClock } from '../../shared/service/clock.ts';
import { Drops } from '../../shared/monitoring/drops.ts';
import type { Logger } from '../../shared/service/logger.ts';
import { registerProcessMetrics } from '../../shared/monitoring/process-metrics.ts';
import type { Counts } from '../../shared/monitoring/status.ts';
import { countsBy } from '../../shared/monitoring/counts.ts';
import type { Observer } from './accept/ports.ts';

type Accepted = Parameters<Observer['accepted']>[0];
type Refused = Parameters<Observer['refused']>[0];

/** Slots of two seconds for a minute. */
const WINDOW_SLOT_MS = 2_000;
const WINDOW_SLOTS = 31;

/** What happens at ingest, counted for `/health` and `/metrics` and said in the log: never a body, never a key. */
export class Metrics implements Observer {
  /** One per service instance: tests start several in one process. */
  readonly registry = new Registry();
  readonly totals = { accepted: 0, refused: 0, published: 0, repeated: 0, ignored: 0 };
  /** The confirms of the last minute, for the health report and the status page. */
  readonly recentConfirms = new LatencyWindow(WINDOW_SLOT_MS, WINDOW_SLOTS);
  /** What policies of the broker's operator expired from the inbox. */
  readonly drops: Drops;
  readonly #accepted: Counter<'entrance'>;
  readonly #refused: Counter<'entrance' | 'code'>;
  readonly #published: Counter;
  readonly #repeats: Counter;
  readonly #ignored: Counter<'action'>;
  readonly #confirmSeconds: Histogram;

  constructor(
    private readonly logger: Logger,
    now: { readonly unconfirmed: () => number; readonly ids: () => number },
  ) {
    const registers = [this.registry];
    registerProcessMetrics(this.registry);
    this.#accepted = new Counter({
      name: 'roomcast_ingest_events_accepted_total',
      help: 'Events answered with success, repeats among them',
      labelNames: ['entrance'],
      registers,
    });
    this.#refused = new Counter({
      name: 'roomcast_ingest_events_refused_total',
      help: 'Requests and messages of the inbox that were refused',
      labelNames: ['entrance', 'code'],
      registers,
    });
    this.#published = new Counter({
      name: 'roomcast_ingest_messages_published_total',
      help: 'Messages that the broker confirmed',
      registers,
    });
    this.#repeats = new Counter({
      name: 'roomcast_ingest_repeats_total',
      help: 'Events recognised by their id and not published again',
      registers,
    });
    this.#ignored = new Counter({
      name: 'roomcast_ingest_webhooks_ignored_total',
      help: 'Webhooks that announce nothing; action is known or unknown',
      labelNames: ['action'],
      registers,
    });
    const expired = new Counter({
      name: 'roomcast_ingest_broker_drops_total',
      help: 'Messages that the broker dropped from the inbox and ingest took back, by its reason',
      labelNames: ['reason'],
      registers,
    });
    this.drops = new Drops(expired, logger, 'they are sent to the inbox again, behind newer ones');
    this.#confirmSeconds = new Histogram({
      name: 'roomcast_ingest_confirm_seconds',
      help: 'From handing a message to the broker to its confirm',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    new Gauge({
      name: 'roomcast_ingest_unconfirmed',
      help: 'Messages handed to the broker and not confirmed yet',
      registers,
      collect() {
        this.set(now.unconfirmed());
      },
    });
    new Gauge({
      name: 'roomcast_ingest_ids',
      help: 'Event ids remembered to recognise repeats',
      registers,
      collect() {
        this.set(now.ids());
      },
    });
  }

  accepted({ id, name, rooms, cursor, entrance, repeated }: Accepted): void {
    this.totals.accepted += 1;
    this.#accepted.inc({ entrance });
    if (repeated) {
      this.totals.repeated += 1;
      this.#repeats.inc();
    }
    this.logger.info({ id, event: name, rooms, cursor, entrance, repeated }, 'accepted an event');
  }

  refused({ entrance, code, problem, details }: Refused): void {
    this.totals.refused += 1;
    this.#refused.inc({ entrance, code });
    this.logger.warn({ entrance, code, problem, ...details }, 'refused');
  }

  /** Since the start, by code. */
  refusals(): Promise<Counts> {
    return countsBy(this.#refused, 'code');
  }

  ignored(known: boolean): void {
    this.totals.ignored += 1;
    this.#ignored.inc({ action: known ? 'known' : 'unknown' });
  }

  confirmed(seconds: number): void {
    this.totals.published += 1;
    this.#published.inc();
    this.#confirmSeconds.observe(seconds);
    this.recentConfirms.observe(seconds * 1000, steadyClock());
  }
}
