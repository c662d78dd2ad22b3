import type { ConsumeMessage } from 'amqplib';
import type { FastifyInstance } from 'fastify';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { NetworkSet } from '../../../shared/config/networks.ts';
import { CONTROL_TYPE } from '../../../shared/contract/message.ts';
import { RevocationList } from '../../../shared/revocations/revocation-list.ts';
import { RevocationStream } from '../../../shared/revocations/revocation-stream.ts';
import { ClientAddresses } from '../../../shared/service/client-addresses.ts';
import { steadyClock, wallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { newCursor } from '../../../shared/service/new-cursor.ts';
import type { Observer } from '../accept/ports.ts';
import type { IngestConfig } from '../config.ts';
import type { Connections } from '../connections.ts';
import { Control } from '../control/control.ts';
import { Auth } from '../http/auth.ts';
import { HistorySearch } from '../publish/history-search.ts';
import type { HistoryIds } from '../publish/history-ids.ts';
import type { Outcomes } from '../publish/outcomes.ts';
import { eventRoutes } from './events.ts';
import { LatestEvents } from './latest-events.ts';
import { LatestReceipts } from './latest-receipts.ts';
import { overviewRoutes } from './overview.ts';
import { pageRoutes } from './page-routes.ts';
import { oneByOne, rejectedRoutes } from './rejected.ts';
import { pushTestRoutes } from './push-test.ts';
import { replayRoutes } from './replay.ts';
import { revocationRoutes } from './revocations.ts';
import { boundedTogether, type Admin } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { traceRoutes } from './trace.ts';

type OperatorsConfig = Pick<
  IngestConfig,
  | 'adminApiKeys'
  | 'adminMaxRevocations'
  | 'adminAnswerMs'
  | 'ingestMaxBadKeys'
  | 'ingestRateLimit'
  | 'receipts'
  | 'trustedProxies'
>;

export interface OperatorsParts {
  readonly instance: string;
  readonly connections: Connections;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly ids: Pick<HistoryIds, 'knowledge' | 'deliveries'>;
  readonly outcomes: Pick<Outcomes, 'flush'>;
  readonly observer: Pick<Observer, 'refused'>;
  readonly logger: Logger;
}

const nextCursor = () => newCursor(wallClock());

/** What operators may do, and who is one. */
export interface Operators {
  readonly admin: Admin;
  /** What the status page asks for. */
  readonly onPage: (server: FastifyInstance) => void;
  /** An entry of the history has been read: each once, in their order. */
  historyEntry(message: ConsumeMessage): void;
  /** Takes ADMIN_API_KEYS; where there are none any more, those before stay until ingest is started anew. */
  reload(config: Pick<IngestConfig, 'adminApiKeys'>): void;
  close(): Promise<void>;
}

/** None without ADMIN_API_KEYS. */
export function createOperators(
  {
    adminApiKeys,
    adminMaxRevocations: max,
    adminAnswerMs: answerMs,
    receipts: hasReceipts,
    trustedProxies,
    ...limits
  }: OperatorsConfig,
  { instance, connections, publisher, ids, outcomes, observer, logger }: OperatorsParts,
): Operators | undefined {
  if (adminApiKeys === undefined) return undefined;
  const list = new RevocationList();
  const stream = new RevocationStream(connections.consuming, { list, wall: wallClock, logger });
  const control = new Control(connections.publishing, {
    instance,
    deliveries: () => (ids.knowledge === 'complete' ? ids.deliveries : undefined),
    answerMs,
    nextCursor,
    logger,
  });
  const search = new HistorySearch(connections.consuming, { publisher, nextCursor });
  const keys = { ...limits, ingestApiKeys: adminApiKeys, broadcastTrustedNetworks: [] };
  const auth = new Auth(keys, [], steadyClock, 'The key that was sent is none of ADMIN_API_KEYS.');
  const connection = connections.consuming;
  const onRejected = oneByOne({ connection });
  const clocks = { wall: wallClock, now: steadyClock };
  const latest = new LatestEvents();
  const receipts =
    hasReceipts === 'on' ? new LatestReceipts({ connection, outcomes, now: steadyClock }) : undefined;
  const routes = boundedTogether([
    ...revocationRoutes({ list, stream, publisher, max, wall: wallClock }),
    ...sessionRoutes({ control }),
    ...eventRoutes({ search }),
    ...replayRoutes({ search, control, wall: wallClock }),
    ...rejectedRoutes(onRejected),
    ...traceRoutes({ connection, search, outcomes, control, revocations: list, onRejected, wall: wallClock }),
    ...pushTestRoutes({ control, now: steadyClock }),
    ...overviewRoutes({ latest, receipts, control, ...clocks }),
  ]);
  const admin = { auth, routes };
  const clients = new ClientAddresses(new NetworkSet(trustedProxies));
  return {
    admin,
    onPage: pageRoutes({ admin, clients, observer, logger }),
    historyEntry: (message) => {
      if (message.properties.type === CONTROL_TYPE) control.seen(message.properties.messageId);
      latest.take(message);
    },
    reload: ({ adminApiKeys: next }) => {
      if (next !== undefined) auth.reload({ ingestApiKeys: next });
    },
    close: () => Promise.all([stream.close(), control.close()]).then(() => undefined),
  };
}
