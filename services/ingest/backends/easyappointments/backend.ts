import type { BrokerConnection } from '../../../../shared/broker/broker-connection.ts';
import { unixMs } from '../../../../shared/core/wall-time.ts';
import { steadyClock, wallClock } from '../../../../shared/service/clock.ts';
import type { Logger } from '../../../../shared/service/logger.ts';
import type { InboxBackend } from '../../inbox/inbox.ts';
import { webhookMessage } from '../../inbox/inbox-webhook.ts';
import { LedgerStream } from './ledger-stream.ts';
import type { ConfirmPublisher } from '../../../../shared/broker/confirm-publisher.ts';
import type { Intake } from '../../accept/intake.ts';
import type { NextCursor, Observer } from '../../accept/ports.ts';
import type { Refusal } from '../../accept/problems.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import { broadcastIn } from './broadcast.ts';
import { ChangeDecider, type Arrival } from './change-decider.ts';
import { WebhookEntrance } from './entrance.ts';
import type { Ledger } from './ledger.ts';
import type { EasyAppointmentsSettings } from './settings.ts';
import { Lookups } from './api/lookups.ts';
import { Pace } from './api/questions.ts';
import { Reconciler, type RunReport } from './api/reconciler.ts';
import { SiteWatch } from './api/site-watch.ts';
import { systemTimer } from './api/timer.ts';
import { writeWebhook } from './webhook.ts';

export interface EasyAppointmentsOptions {
  readonly settings: EasyAppointmentsSettings;
  /** Of one message in the inbox. */
  readonly maxBodyBytes: number;
  readonly ledger: Ledger;
  readonly connection: BrokerConnection;
  readonly publisher: ConfirmPublisher;
  readonly intake: Intake;
  readonly observer: Pick<Observer, 'ignored'>;
  readonly reconciled: (outcome: RunReport['outcome']) => void;
  readonly nextCursor: NextCursor;
  readonly logger: Logger;
}

const UPKEEP_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const WHO_CONSUMES = 'who consumes the inbox';

/**
 * What Easy!Appointments needs beside the event path: the entrance of its webhooks, the decider that decides on them by the
 * ledger, and the reconciliation, which runs on the instance whose decider is open.
 */
export class EasyAppointmentsBackend implements InboxBackend {
  readonly entrance: WebhookEntrance;
  /** Resolves once the inbox has the request; `undefined` where reconciliation is off. */
  readonly requestReconciliation: (() => Promise<void>) | undefined;
  /** For the health report. */
  readonly site = new SiteWatch();
  readonly #decider: ChangeDecider;
  readonly #stream: LedgerStream;
  readonly #reconciler: Reconciler | undefined;
  readonly #lookups: Lookups | undefined;
  readonly #upkeep: NodeJS.Timeout;
  readonly #onPublisherState = () => this.#findConsumer();

  constructor(private readonly options: EasyAppointmentsOptions) {
    const { settings, ledger, connection, publisher, intake, observer, nextCursor, logger } = options;
    const stream = new LedgerStream(connection, { ledger, publisher, nextKey: nextCursor, logger });
    this.#stream = stream;
    const { reconciliation } = settings;
    const pace = reconciliation && new Pace({ ...reconciliation, clock: steadyClock, timer: systemTimer });
    const observe: ChangeDecider['observe'] = (...observed) => this.#decider.observe(...observed);
    this.#lookups =
      reconciliation &&
      pace &&
      new Lookups({
        ...reconciliation,
        pace,
        decider: { observe },
        clock: wallClock,
        now: steadyClock,
        logger,
      });
    this.#decider = new ChangeDecider({
      lookups: this.#lookups,
      undecided: (id) => this.#sayUndecided(id),
      ledger,
      announce: (events, entrance) => intake.announce(events, entrance),
      write: (entries) => stream.write(entries),
      catchUp: () => stream.catchUp(),
      cancelledStatuses: settings.cancelledStatuses,
      quietStatuses: settings.quietStatuses,
      keepHash: settings.keepHash,
      clock: wallClock,
    });
    this.entrance = new WebhookEntrance({
      keepHash: settings.keepHash,
      ignored: (known) => observer.ignored(known),
      enqueue: (body) => this.#enqueue(body),
    });
    if (reconciliation !== undefined) {
      this.#reconciler = new Reconciler({
        ...reconciliation,
        decider: this.#decider,
        ...(pace && { pace }),
        clock: wallClock,
        now: steadyClock,
        logger,
        onReport: (report) => {
          options.reconciled(report.outcome);
          this.site.ran(report);
        },
      });
      this.requestReconciliation = () => this.#requestReconciliation('asked for');
    }
    publisher.on('state', this.#onPublisherState);
    this.#upkeep = setInterval(() => this.#keepUp(), UPKEEP_MS);
    this.#upkeep.unref();
  }

  get isOpen(): boolean {
    return this.#decider.isOpen;
  }

  async begin(): Promise<void> {
    this.site.reset();
    await this.#decider.begin();
    if (!this.#decider.isOpen) return;
    this.#lookups?.start(this.options.ledger.undecided());
    this.#reconciler?.start();
  }

  end(): void {
    this.#decider.end();
    this.site.reset();
    this.#lookups?.stop();
    void this.#reconciler?.stop();
  }

  take(arrival: Arrival): Promise<Refusal | undefined> {
    this.site.heard();
    return this.#decider.take(arrival);
  }

  /** A change by the fork's own call, by way of the inbox; `undefined` for one that leaves nothing to know. */
  defer(event: AcceptedEvent, call: Uint8Array): Promise<void> | undefined {
    const body = broadcastIn(event, call, this.options.settings);
    if (body === undefined || body.byteLength > this.options.maxBodyBytes) return undefined;
    return this.#enqueue(body, 'broadcast');
  }

  reconcile(reason: string): void {
    // Receiving it already opened the decider, and opening reconciles.
    if (reason !== WHO_CONSUMES) this.#reconciler?.request(reason);
  }

  async close(): Promise<void> {
    clearInterval(this.#upkeep);
    this.options.publisher.off('state', this.#onPublisherState);
    this.#lookups?.stop();
    await this.#reconciler?.stop();
    await this.#stream.close();
  }

  #sayUndecided(appointment: number): void {
    this.options.logger.warn(
      { appointment },
      'two saves of one second say different things, and the last that came is told: without EASYAPPOINTMENTS_URL nobody can ask which is right',
    );
  }

  #keepUp(): void {
    const { settings, ledger, logger } = this.options;
    ledger.forgetBefore(
      new Date(unixMs(wallClock()) - settings.keepDays * DAY_MS).toISOString().slice(0, 10),
    );
    this.#findConsumer();
    if (!this.isOpen) return;
    this.#stream
      .compact()
      .catch((error: unknown) => logger.warn({ err: error }, 'the ledger could not be written once more'));
  }

  /** The instance that consumes the inbox learns of it by a message, and a quiet site sends none for hours. */
  #findConsumer(): void {
    if (this.#reconciler === undefined || this.isOpen || this.options.publisher.state.state !== 'connected')
      return;
    this.#requestReconciliation(WHO_CONSUMES).catch((error: unknown) =>
      this.options.logger.debug({ err: error }, 'the inbox was not asked who consumes it'),
    );
  }

  async #requestReconciliation(reason: string): Promise<void> {
    await this.#enqueue(Buffer.from(writeWebhook({ kind: 'reconcile', reason })));
  }

  /** Throws an AppError at once when the broker cannot take it now. */
  #enqueue(body: Buffer, entrance: 'webhook' | 'broadcast' = 'webhook'): Promise<void> {
    const { publisher, nextCursor } = this.options;
    publisher.ensureRoomFor(1, body.byteLength);
    return publisher.publish(webhookMessage(body, nextCursor(), wallClock(), entrance)).then(() => undefined);
  }
}
