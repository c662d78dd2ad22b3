import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { v7 } from 'uuid';
import { Cursor } from '../../shared/contract/cursor.ts';
import { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { ClientAddresses } from '../../shared/service/client-addresses.ts';
import { unixMs } from '../../shared/core/wall-time.ts';
import { steadyClock, wallClock } from '../../shared/service/clock.ts';
import { Cluster } from '../../shared/broker/cluster.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { newInstanceName } from '../../shared/service/instance.ts';
import { listenOn, type Service } from '../../shared/service/lifecycle.ts';
import { createLogger, type Logger } from '../../shared/service/logger.ts';
import { NetworkSet } from '../../shared/config/networks.ts';
import { HistoryIds } from './publish/history-ids.ts';
import { Inbox } from './inbox/inbox.ts';
import { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import { eventPublisher } from './publish/event-publisher.ts';
import { QueueWatch } from './inbox/queue-watch.ts';
import { TakeBack } from './inbox/take-back.ts';
import type { IngestConfig } from './config.ts';
import { Repeats, REPEATS_MAX_AGE_MS } from './accept/repeats.ts';
import { Intake } from './accept/intake.ts';
import type { Receipt } from './accept/ports.ts';
import { easyAppointmentsSettings } from './backends/easyappointments/settings.ts';
import { enriched } from './backends/easyappointments/enrich.ts';
import { Ledger } from './backends/easyappointments/ledger.ts';
import { Auth } from './http/auth.ts';
import { createHttpServer } from './http/server.ts';
import { EasyAppointmentsBackend } from './backends/easyappointments/backend.ts';
import { Metrics } from './metrics.ts';
import { monitorIngest } from './monitoring.ts';

export interface IngestService extends Service {
  /** The ports in use, which tells them when the configured ones are 0. */
  readonly httpPort: number;
  readonly healthPort: number;
}

const MIN_KEY_CHARACTERS = 16;
const KEY_HEADERS = ['x-api-key', 'x-ea-token'];

/**
 * Starts listening at once and connects in the background: without a broker the service is live, not ready,
 * and answers 503.
 */
export async function startIngest(
  config: IngestConfig,
  { logger: parent = createLogger('ingest', config.logLevel) }: { logger?: Logger } = {},
): Promise<IngestService> {
  const instance = newInstanceName();
  const logger = parent.child({ instance });
  let stopping = false;
  const settings = easyAppointmentsSettings(config);
  const apiKeys = config.ingestApiKeys.reveal();
  if (apiKeys.some((key) => key.length < MIN_KEY_CHARACTERS)) {
    logger.warn(
      `a key in INGEST_API_KEYS has fewer than ${MIN_KEY_CHARACTERS} characters: it may be guessed`,
    );
  }

  const publishing = connect(`roomcast ingest ${instance} publisher`, config, logger);
  const consuming = connect(`roomcast ingest ${instance} inbox`, config, logger);
  const cluster = new Cluster(config.amqpCluster, config.amqpUrl);
  publishing.on('up', () => void cluster.detect());
  const repeats = new Repeats<Receipt>(config.repeatsMax, REPEATS_MAX_AGE_MS, digest);
  const metrics: Metrics = new Metrics(logger, {
    unconfirmed: () => publisher.unconfirmed,
    ids: () => repeats.size,
  });
  const nextCursor = () => Cursor.parse(v7({ msecs: unixMs(wallClock()) }));
  const publisher: ConfirmPublisher = new ConfirmPublisher(publishing, {
    maxUnconfirmed: config.ingestMaxUnconfirmed,
    maxUnconfirmedBytes: config.ingestMaxUnconfirmedBytes,
    confirmTimeoutMs: config.ingestConfirmTimeoutMs,
    now: steadyClock,
    onConfirmed: (seconds) => metrics.confirmed(seconds),
    logger,
  });
  publisher.on('unroutable', repairing(publishing, config, logger));
  const ids = new HistoryIds(consuming, {
    repeats,
    maxRepeats: config.repeatsMax,
    readTimeoutMs: config.repeatsReadTimeoutMs,
    publisher,
    nextCursor,
    wall: wallClock,
    now: steadyClock,
    logger,
  });
  const ledger = new Ledger();
  const intake: Intake = new Intake({
    publisher: eventPublisher(publisher, { appId: instance, wall: wallClock }),
    observer: metrics,
    nextCursor,
    clock: wallClock,
    now: steadyClock,
    inCluster: () => cluster.isCluster,
    maxEventBytes: config.maxEventBytes,
    repeats,
    // Without the broker nothing is taken anyway, and the answer says why.
    knowsIds: () => ids.knowledge !== 'reading' || publisher.state.state !== 'connected',
    digest,
    calendarRoom: config.calendarRoom,
    secretariesOf: (provider) => ledger.secretariesOf(provider),
    defer: (event, body) => backend.defer(event, body),
    enrich: (event) => enriched(event, ledger, settings),
  });
  const backend: EasyAppointmentsBackend = new EasyAppointmentsBackend({
    settings,
    maxBodyBytes: config.ingestMaxBodyBytes,
    ledger,
    connection: consuming,
    publisher,
    intake,
    observer: metrics,
    reconciled: (outcome) => metrics.reconciled(outcome),
    nextCursor,
    logger,
  });
  const inbox = new Inbox(consuming, {
    intake,
    backend,
    ready: ids.settled,
    keepHash: settings.keepHash,
    webhookIds: new Repeats(config.repeatsMax, REPEATS_MAX_AGE_MS, digest),
    publisher,
    observer: metrics,
    declare: (model) => declareTopology(model, config, logger),
    prefetch: config.inboxPrefetch,
    maxBodyBytes: config.ingestMaxBodyBytes,
    nextKey: nextCursor,
    clock: wallClock,
    now: steadyClock,
    logger,
  });
  const watch = new QueueWatch(consuming, {
    declare: (model) => declareTopology(model, config, logger),
    logger,
  });
  const takeBack = new TakeBack(consuming, {
    onTakenBack: () => metrics.drops.note('expired', steadyClock()),
    now: steadyClock,
    logger,
  });
  const http = createHttpServer({
    intake,
    webhooks: backend.entrance,
    requestReconciliation: backend.requestReconciliation,
    auth: new Auth({
      keys: apiKeys,
      headers: [...new Set([...KEY_HEADERS, config.easyappointmentsTokenHeader])],
      maxBadKeys: config.ingestMaxBadKeys,
      rateLimit: config.ingestRateLimit,
      trusted: new NetworkSet(config.broadcastTrustedNetworks),
      clock: steadyClock,
    }),
    clients: new ClientAddresses(new NetworkSet(config.trustedProxies)),
    observer: metrics,
    maxBodyBytes: config.ingestMaxBodyBytes,
    requestTimeoutMs: config.ingestRequestTimeoutMs,
    stopping: () => stopping,
    logger,
  });
  const monitoring = monitorIngest({
    instance,
    config,
    consuming,
    publisher,
    ids,
    metrics,
    site: backend.site,
    stopping: () => stopping,
    logger,
    clock: steadyClock,
  });
  const health = monitoring.server;

  const drain = async () => {
    stopping = true;
    await closeHttp(http, config.ingestConfirmTimeoutMs);
    await watch.stop();
    await takeBack.stop();
    await inbox.stop();
    await ids.close();
    await backend.close();
    await publisher.stop();
    await monitoring.leaveBroker();
    await Promise.all([publishing.close(), consuming.close()]);
    await monitoring.close();
    logger.info('stopped');
  };
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= drain());

  try {
    await listenOn(config.healthPort, 'HEALTH_PORT', (host) =>
      health.listen({ port: config.healthPort, host }),
    );
    await listenOn(config.ingestPort, 'INGEST_PORT', (host) =>
      http.listen({ port: config.ingestPort, host }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const ports = { httpPort: portOf(http), healthPort: portOf(health) };
  logger.info(ports, 'ingest is listening');
  return { ...ports, failed: refusalOf([publishing, consuming]), stop };
}

/** 132 bits: it stands beside every message, and with every id that is remembered. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64').slice(0, 22);
}

function connect(name: string, config: IngestConfig, logger: Logger): BrokerConnection {
  return new BrokerConnection({
    url: config.amqpUrl.reveal(),
    name,
    logger,
    setup: (model) => declareTopology(model, config, logger),
  });
}

/** A message that found no queue: somebody deleted one of ours. Declares all of them again, once at a time. */
function repairing(connection: BrokerConnection, config: IngestConfig, logger: Logger): () => void {
  let running = false;
  return () => {
    const { model } = connection;
    if (running || model === undefined) return;
    running = true;
    declareTopology(model, config, logger)
      .catch((error: unknown) => logger.error({ err: error }, 'the topology could not be declared again'))
      .finally(() => (running = false));
  };
}

/**
 * Requests that wait for a confirm have their answer within `answerWithinMs`. What is still open then is a
 * client that does not finish its request, and must not hold up the stop.
 */
async function closeHttp(http: FastifyInstance, answerWithinMs: number): Promise<void> {
  const cut = setTimeout(() => http.server.closeAllConnections(), answerWithinMs);
  await http.close();
  clearTimeout(cut);
}

function refusalOf(connections: readonly BrokerConnection[]): Promise<never> {
  const failed = new Promise<never>((_resolve, reject) => {
    for (const { firstConnected } of connections) firstConnected.catch(reject);
  });
  // A caller that does not wait for it finds the refusal in the health report.
  failed.catch(() => undefined);
  return failed;
}

function portOf({ server }: FastifyInstance): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}
