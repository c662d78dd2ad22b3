import { Counter } from 'prom-client';
import { unixMs } from '../../../../shared/core/wall-time.ts';
import type { HealthReason } from '../../../../shared/monitoring/health.ts';
import { steadyClock, wallClock } from '../../../../shared/service/clock.ts';
import { LedgerStream } from './ledger-stream.ts';
import type { Refusal } from '../../accept/problems.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import { broadcastIn } from './broadcast.ts';
import type { Backend, BackendModule, BackendParts, WhileConsuming } from '../backend.ts';
import { ChangeDecider, type Arrival } from './change-decider.ts';
import { enriched } from './compose.ts';
import { siteReasons } from './health.ts';
import { BROADCAST_HEADER, RECEIVED_HEADER, webhookIn } from './inbox-message.ts';
import { Ledger } from './ledger.ts';
import { routesOf } from './routes.ts';
import {
  easyAppointmentsRules,
  easyAppointmentsSettings,
  easyAppointmentsVariables,
  type EasyAppointmentsSettings,
} from './settings.ts';
import { Lookups } from './api/lookups.ts';
import { Pace } from './api/questions.ts';
import { Reconciler } from './api/reconciler.ts';
import { SiteWatch } from './api/site-watch.ts';
import { systemTimer } from './api/timer.ts';
import { writeWebhook, type Broadcast, type Webhook } from './webhook.ts';
import { withoutSecrets } from './without-secrets.ts';

const UPKEEP_MS = 60_000;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const UNDECIDED =
  'two saves of one second say different things, and the last that came is told: without EASYAPPOINTMENTS_URL nobody can ask which is right';
const WHO_CONSUMES = 'who consumes the inbox';

export const easyAppointments: BackendModule<typeof easyAppointmentsVariables> = {
  variables: easyAppointmentsVariables,
  rules: easyAppointmentsRules,
  create: (config, parts) => new EasyAppointments(easyAppointmentsSettings(config), parts),
};

/**
 * Upstream's webhooks and the fork's own call: the routes of the first, the decider that decides on both by the ledger, and
 * the reconciliation, which runs on the instance whose decider is open.
 */
class EasyAppointments implements Backend, WhileConsuming {
  readonly name = 'easyappointments';
  readonly routes: Backend['routes'];
  readonly keyHeaders: readonly string[];
  readonly securitySchemes = {
    easyAppointments: { type: 'apiKey', in: 'header', name: 'X-Ea-Token' },
  };
  readonly whileConsuming: WhileConsuming = this;
  readonly strip = withoutSecrets;
  readonly #ledger = new Ledger();
  readonly #site = new SiteWatch();
  readonly #decider: ChangeDecider;
  readonly #stream: LedgerStream;
  readonly #reconciler: Reconciler | undefined;
  readonly #lookups: Lookups | undefined;
  readonly #upkeep: NodeJS.Timeout;
  /** When a webhook was refused as one of another installation, by the steady clock. */
  #idsClashedMs = -Infinity;
  /** The last webhook that was refused for its key. */
  #wrongKey = { atMs: -Infinity, address: '' };

  constructor(
    private readonly settings: EasyAppointmentsSettings,
    private readonly parts: BackendParts,
  ) {
    const { connection, publisher, nextCursor, logger } = parts;
    const reconciliation = settings.reconciliation && {
      ...settings.reconciliation,
      pace: new Pace({ ...settings.reconciliation, now: steadyClock, timer: systemTimer }),
      clock: wallClock,
      now: steadyClock,
      timer: systemTimer,
      logger,
    };
    this.keyHeaders = ['x-ea-token', settings.tokenHeader];
    const ledger = this.#ledger;
    this.#stream = new LedgerStream(connection, { ledger, publisher, nextKey: nextCursor, logger });
    const observe: ChangeDecider['observe'] = (...observed) => this.#decider.observe(...observed);
    this.#lookups = reconciliation && new Lookups({ ...reconciliation, decider: { observe } });
    this.#decider = new ChangeDecider({
      ...settings,
      lookups: this.#lookups,
      decided: (webhook) => parts.observer.decided(webhook),
      undecided: (appointment) => logger.warn({ appointment }, UNDECIDED),
      ledger,
      announce: (events, entrance) => parts.intake.announce(events, entrance),
      write: (entries) => this.#stream.write(entries),
      catchUp: () => this.#stream.catchUp(),
      clock: wallClock,
    });
    const reconciliations = this.#countReconciliations();
    this.#reconciler =
      reconciliation &&
      new Reconciler({
        ...reconciliation,
        decider: this.#decider,
        onReport: (report) => {
          reconciliations.inc({ outcome: report.outcome });
          this.#site.ran(report);
        },
      });
    this.routes = this.#createRoutes();
    publisher.on('state', this.#findConsumer);
    this.#upkeep = setInterval(() => this.#keepUp(), UPKEEP_MS);
    this.#upkeep.unref();
  }

  #createRoutes() {
    return routesOf({
      keepHash: this.settings.keepHash,
      ignored: (known) => this.parts.observer.ignored(known),
      enqueue: (body) => this.#enqueue(body, RECEIVED_HEADER),
      onWrongKey: (address) => (this.#wrongKey = { atMs: steadyClock(), address }),
      requestReconciliation: this.settings.reconciliation && (() => this.#requestReconciliation('asked for')),
    });
  }

  #countReconciliations(): Counter<'outcome'> {
    return new Counter({
      name: 'roomcast_ingest_reconciliations_total',
      help: 'Comparisons with the REST API of Easy!Appointments, by outcome: complete, given_up or stopped',
      labelNames: ['outcome'],
      registers: [this.parts.registry],
    });
  }

  readonly recognise: Backend['recognise'] = (message, now) => {
    const { keepHash } = this.settings;
    const found = webhookIn(message, now, { keepHash, ids: this.parts.messageIds });
    if (found === undefined || 'problems' in found) return found;
    return () => this.#take(found);
  };

  get isOpen(): boolean {
    return this.#decider.isOpen;
  }

  async begin(): Promise<void> {
    this.#site.reset();
    await this.#decider.begin();
    if (!this.#decider.isOpen) return;
    this.#lookups?.start(this.#ledger.undecided());
    this.#reconciler?.start();
  }

  end(): void {
    this.#decider.end();
    this.#site.reset();
    this.#lookups?.stop();
    void this.#reconciler?.stop();
  }

  /** A change by the fork's own call, by way of the inbox; `undefined` for one that leaves nothing to know. */
  defer(event: AcceptedEvent, call: Uint8Array): Promise<void> | undefined {
    const body = broadcastIn(event, call, this.settings);
    if (body === undefined || body.byteLength > this.parts.maxBodyBytes) return undefined;
    return this.#enqueue(body, BROADCAST_HEADER);
  }

  enrich(event: AcceptedEvent): readonly AcceptedEvent[] {
    return enriched(event, this.#ledger, this.settings);
  }

  secretariesOf(provider: number): readonly number[] {
    return this.#ledger.secretariesOf(provider);
  }

  reasons(nowMs: number): readonly HealthReason[] {
    const isOfLastHour = (atMs: number) => nowMs - atMs < HOUR_MS;
    const { atMs, address } = this.#wrongKey;
    return siteReasons({
      idsClashed: isOfLastHour(this.#idsClashedMs),
      unknownKeyFrom: isOfLastHour(atMs) ? address : undefined,
      site: this.#site.state,
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#upkeep);
    this.parts.publisher.off('state', this.#findConsumer);
    this.#lookups?.stop();
    await this.#reconciler?.stop();
    await this.#stream.close();
  }

  #take({ webhook, ...arrival }: Arrival<Webhook | Broadcast>): Promise<Refusal | undefined> {
    switch (webhook.kind) {
      case 'reconcile':
        // Receiving it already opened the decider, and opening reconciles.
        if (webhook.reason !== WHO_CONSUMES) this.#reconciler?.request(webhook.reason);
        return Promise.resolve(undefined);
      case 'ignored':
        this.parts.observer.ignored(webhook.known);
        return Promise.resolve(undefined);
      default:
        this.#site.heard();
        return this.#decider.take({ webhook, ...arrival }).then((refusal) => {
          if (refusal?.code === 'ids_clash') this.#idsClashedMs = steadyClock();
          return refusal;
        });
    }
  }

  #keepUp(): void {
    const oldestMs = unixMs(wallClock()) - this.settings.keepDays * DAY_MS;
    this.#ledger.forgetBefore(new Date(oldestMs).toISOString().slice(0, 10));
    this.#findConsumer();
    if (!this.isOpen) return;
    this.#stream
      .compact()
      .catch((error: unknown) =>
        this.parts.logger.warn({ err: error }, 'the ledger could not be written once more'),
      );
  }

  /** The instance that consumes the inbox learns of it by a message, and a quiet site sends none for hours. */
  readonly #findConsumer = (): void => {
    if (this.#reconciler === undefined || this.isOpen || this.parts.publisher.state.state !== 'connected')
      return;
    this.#requestReconciliation(WHO_CONSUMES).catch((error: unknown) =>
      this.parts.logger.debug({ err: error }, 'the inbox was not asked who consumes it'),
    );
  };

  async #requestReconciliation(reason: string): Promise<void> {
    await this.#enqueue(Buffer.from(writeWebhook({ kind: 'reconcile', reason })), RECEIVED_HEADER);
  }

  #enqueue(body: Buffer, header: string): Promise<void> {
    return this.parts.enqueue(body, { [header]: unixMs(wallClock()) });
  }
}
