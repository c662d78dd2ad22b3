import type { ChannelModel } from 'amqplib';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { INBOX } from '../../shared/contract/topology.ts';
import { firstRefusal } from '../../shared/broker/broker-connection.ts';
import { ClientAddresses } from '../../shared/service/client-addresses.ts';
import { steadyClock, wallClock } from '../../shared/service/clock.ts';
import { Cluster } from '../../shared/broker/cluster.ts';
import { declareTopology, type DifferingQueues } from '../../shared/broker/declare-topology.ts';
import { newInstanceName } from '../../shared/service/instance.ts';
import { listenOn, type Service } from '../../shared/service/lifecycle.ts';
import { newCursor } from '../../shared/service/new-cursor.ts';
import { createLogger, type Logger } from '../../shared/service/logger.ts';
import { Drops } from '../../shared/monitoring/drops.ts';
import { NetworkSet } from '../../shared/config/networks.ts';
import { HistoryIds } from './publish/history-ids.ts';
import { Inbox } from './inbox/inbox.ts';
import { Outcomes } from './publish/outcomes.ts';
import type { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import type { Monitoring } from '../../shared/monitoring/monitoring.ts';
import { bulkPace, confirmPublisher, eventPublisher } from './publish/event-publisher.ts';
import { InboxRoom } from './inbox/inbox-room.ts';
import { inboxMessage } from './inbox/send-to-inbox.ts';
import { QueueWatch } from './inbox/queue-watch.ts';
import { TakeBack } from './inbox/take-back.ts';
import type { IngestConfig } from './config.ts';
import { connect, type Connections } from './connections.ts';
import { noForm, receiptForm } from './accept/remembered.ts';
import { Repeats, REPEATS_MAX_AGE_MS } from './accept/repeats.ts';
import { Intake } from './accept/intake.ts';
import type { Pace } from './accept/pace.ts';
import type { Receipt } from './accept/ports.ts';
import { createOperators, type Operators } from './admin/operators.ts';
import { Auth } from './http/auth.ts';
import { closeHttpServer, createHttpServer } from './http/server.ts';
import { backends as mounted } from './backends/all.ts';
import type { Backend, BackendParts } from './backends/backend.ts';
import { together } from './backends/together.ts';
import { createMetrics, type IngestMetrics } from './metrics.ts';
import { IngestObserver } from './observer.ts';
import { monitorIngest } from './monitoring.ts';

export interface IngestService extends Service {
  /** The ports in use, which tells them when the configured ones are 0. */
  readonly httpPort: number;
  readonly healthPort: number;
  /** Takes over INGEST_API_KEYS and ADMIN_API_KEYS, and nothing else. Requests under way go on. */
  reload(config: IngestConfig): void;
}

/** A backend that finds its settings in ours. */
export interface MountedBackend {
  create(config: IngestConfig, parts: BackendParts): Backend;
}

/** Listens at once and connects in the background: without a broker it is live, not ready, and answers 503. */
export async function startIngest(
  config: IngestConfig,
  {
    logger = createLogger('ingest', config.logLevel),
    backends = mounted,
  }: { logger?: Logger; backends?: readonly MountedBackend[] } = {},
): Promise<IngestService> {
  const service = new Ingest(config, logger, backends);
  await service.listen();
  return service;
}

class Ingest implements IngestService {
  readonly instance = newInstanceName();
  readonly failed: Promise<never>;
  readonly #logger: Logger;
  readonly #metrics: IngestMetrics;
  readonly #observer: IngestObserver;
  /** What policies of the broker's operator expired from the inbox. */
  readonly #drops: Drops;
  readonly #connections: Connections;
  readonly #cluster: Cluster;
  readonly #repeats: Repeats<Receipt>;
  readonly #publisher: ConfirmPublisher;
  readonly #outcomes: Outcomes;
  readonly #ids: HistoryIds;
  readonly #intake: Intake;
  readonly #backends: Backend[] = [];
  readonly #inbox: Inbox;
  readonly #inboxRoom: InboxRoom;
  readonly #watch: QueueWatch;
  readonly #takeBack: TakeBack;
  readonly #auth: Auth;
  readonly #operators: Operators | undefined;
  readonly #http: FastifyInstance;
  readonly #monitoring: Monitoring;
  #stopping: Promise<void> | undefined;

  readonly #differing: DifferingQueues = new Map();
  readonly #declare = (model: ChannelModel) =>
    declareTopology(model, { ...this.config, differing: this.#differing }, this.#logger);

  /** In this order: each is made of those before it. */
  constructor(
    private readonly config: IngestConfig,
    logger: Logger,
    backends: readonly MountedBackend[],
  ) {
    this.#logger = logger.child({ instance: this.instance });
    this.#repeats = new Repeats(config.repeatsMax, REPEATS_MAX_AGE_MS, receiptForm);
    this.#metrics = createMetrics({
      unconfirmed: () => this.#publisher.unconfirmed,
      ids: () => this.#repeats.size,
    });
    this.#observer = new IngestObserver(this.#metrics, this.#logger, (one) => this.#outcomes.add(one));
    this.#drops = new Drops(this.#metrics.brokerDrops, this.#logger, DROPS_REMEDY);
    this.#connections = connect(config, this.instance, this.#declare, this.#logger);
    const { publishing, consuming } = this.#connections;
    this.failed = firstRefusal([publishing, consuming]);
    this.#cluster = new Cluster(config.amqpCluster, config.amqpUrl);
    publishing.on('up', () => void this.#cluster.detect());
    this.#publisher = this.#createPublisher();
    const shared = { instance: this.instance, publisher: this.#publisher, logger: this.#logger };
    this.#outcomes = new Outcomes({ ...shared, isKept: config.receipts === 'on', nextCursor });
    this.#ids = this.#createIds();
    const pace = bulkPace(this.#publisher, config);
    this.#intake = this.#createIntake(pace);
    const waiting = () => this.#monitoring.waitingIn(INBOX);
    this.#inboxRoom = new InboxRoom(config.inboxMaxMessages, waiting, steadyClock);
    const parts = this.#partsForBackends();
    this.#backends.push(...backends.map((backend) => backend.create(config, parts)));
    this.#inbox = this.#createInbox(pace);
    this.#watch = new QueueWatch(consuming, { ...shared, declare: this.#declare });
    this.#takeBack = new TakeBack(consuming, {
      onTakenBack: () => this.#drops.note('expired', steadyClock()),
      now: steadyClock,
      logger: this.#logger,
    });
    const keyHeaders = this.#backends.flatMap((backend) => backend.keyHeaders ?? []);
    this.#auth = new Auth(config, keyHeaders, steadyClock);
    this.#operators = createOperators(config, {
      ...shared,
      connections: this.#connections,
      ids: this.#ids,
      outcomes: this.#outcomes,
      observer: this.#observer,
    });
    this.#http = this.#createHttp();
    this.#monitoring = monitorIngest({
      ...shared,
      config,
      consuming,
      ids: this.#ids,
      metrics: this.#metrics,
      drops: this.#drops,
      inboxRoom: this.#inboxRoom,
      inbox: this.#inbox,
      differing: this.#differing,
      backends: this.#backends,
      stopping: () => this.#stopping !== undefined,
      operators: this.#operators?.onPage ?? 'closed',
    });
  }

  get httpPort(): number {
    return (this.#http.server.address() as AddressInfo).port;
  }

  get healthPort(): number {
    return (this.#monitoring.server.server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    const { healthPort, ingestPort } = this.config;
    const { server } = this.#monitoring;
    try {
      await listenOn(healthPort, 'HEALTH_PORT', (host) => server.listen({ port: healthPort, host }));
      await listenOn(ingestPort, 'INGEST_PORT', (host) => this.#http.listen({ port: ingestPort, host }));
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#logger.info({ httpPort: this.httpPort, healthPort: this.healthPort }, 'ingest is listening');
  }

  reload(config: IngestConfig): void {
    this.#auth.reload(config);
    this.#operators?.reload(config);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await closeHttpServer(this.#http, this.config.ingestConfirmTimeoutMs);
    await Promise.all([this.#watch.stop(), this.#takeBack.stop()]);
    await this.#inbox.stop();
    await Promise.all([this.#ids.close(), this.#operators?.close()]);
    for (const backend of this.#backends) await backend.stop?.();
    await this.#outcomes.stop();
    await this.#publisher.stop();
    await this.#monitoring.leaveBroker();
    const { publishing, consuming } = this.#connections;
    await Promise.all([publishing.close(), consuming.close()]);
    await this.#monitoring.close();
    this.#logger.info('stopped');
  }

  #createPublisher(): ConfirmPublisher {
    const { publishing } = this.#connections;
    const publisher = confirmPublisher(publishing, this.config, this.#observer, this.#logger);
    publisher.on('unroutable', () => this.#watch.repair(publishing.model));
    return publisher;
  }

  #createIds(): HistoryIds {
    return new HistoryIds(this.#connections.consuming, {
      repeats: this.#repeats,
      maxRepeats: this.config.repeatsMax,
      readTimeoutMs: this.config.repeatsReadTimeoutMs,
      publisher: this.#publisher,
      nextCursor,
      onEntry: (message) => this.#operators?.historyEntry(message),
      ...clocks,
      logger: this.#logger,
    });
  }

  #createIntake(pace: Pace): Intake {
    return new Intake({
      publisher: eventPublisher(this.#publisher, this.instance, wallClock),
      observer: this.#observer,
      nextCursor,
      ...clocks,
      inCluster: () => this.#cluster.isCluster,
      maxEventBytes: this.config.maxEventBytes,
      pace,
      repeats: this.#repeats,
      // Without the broker nothing is taken anyway, and the answer says why.
      knowsIds: () => this.#ids.knowledge !== 'reading' || this.#publisher.state.state !== 'connected',
      calendarRoom: this.config.calendarRoom,
      calendarSyncApart: () => this.config.calendarSyncApart === 'on' || this.#ids.mayMeetOlderDeliveries,
      ...together(this.#backends),
    });
  }

  #partsForBackends(): BackendParts {
    return {
      intake: this.#intake,
      enqueue: (body, headers) => {
        this.#inboxRoom.ensure();
        this.#publisher.ensureRoomFor(1, body.byteLength);
        return this.#publisher.publish(inboxMessage(body, nextCursor(), headers)).then(() => undefined);
      },
      publisher: this.#publisher,
      connection: this.#connections.consuming,
      messageIds: new Repeats(this.config.repeatsMax, REPEATS_MAX_AGE_MS, noForm),
      observer: this.#observer,
      registry: this.#metrics.registry,
      maxBodyBytes: this.config.ingestMaxBodyBytes,
      nextCursor,
      logger: this.#logger,
    };
  }

  #createInbox(pace: Pace): Inbox {
    return new Inbox(this.#connections.consuming, {
      intake: this.#intake,
      backends: this.#backends,
      ready: this.#ids.settled,
      publisher: this.#publisher,
      observer: this.#observer,
      declare: this.#declare,
      prefetch: this.config.inboxPrefetch,
      pace,
      maxBodyBytes: this.config.ingestMaxBodyBytes,
      nextKey: nextCursor,
      ...clocks,
      logger: this.#logger,
    });
  }

  #createHttp(): FastifyInstance {
    return createHttpServer({
      intake: this.#intake,
      backends: this.#backends,
      auth: this.#auth,
      admin: this.#operators?.admin,
      clients: new ClientAddresses(new NetworkSet(this.config.trustedProxies)),
      observer: this.#observer,
      config: this.config,
      stopping: () => this.#stopping !== undefined,
      logger: this.#logger,
    });
  }
}

const nextCursor = () => newCursor(wallClock());

const DROPS_REMEDY = 'they are sent to the inbox again, behind newer ones';
const clocks = { wall: wallClock, now: steadyClock };
