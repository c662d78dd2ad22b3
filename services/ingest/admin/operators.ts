import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { RevocationList } from '../../../shared/revocations/revocation-list.ts';
import { RevocationStream } from '../../../shared/revocations/revocation-stream.ts';
import { steadyClock, wallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { IngestConfig } from '../config.ts';
import { Auth } from '../http/auth.ts';
import { revocationRoutes } from './revocations.ts';
import type { Admin } from './route.ts';

type OperatorsConfig = Pick<
  IngestConfig,
  'adminApiKeys' | 'adminMaxRevocations' | 'ingestMaxBadKeys' | 'ingestRateLimit'
>;

/** What operators may do, and who is one. */
export interface Operators {
  readonly admin: Admin;
  /** Takes ADMIN_API_KEYS; where there are none any more, those before stay until ingest is started anew. */
  reload(config: Pick<IngestConfig, 'adminApiKeys'>): void;
  close(): Promise<void>;
}

/** None without ADMIN_API_KEYS. */
export function createOperators(
  { adminApiKeys, adminMaxRevocations: max, ...limits }: OperatorsConfig,
  connection: BrokerConnection,
  publisher: Pick<ConfirmPublisher, 'publish'>,
  logger: Logger,
): Operators | undefined {
  if (adminApiKeys === undefined) return undefined;
  const list = new RevocationList();
  const stream = new RevocationStream(connection, { list, wall: wallClock, logger });
  const keys = { ...limits, ingestApiKeys: adminApiKeys, broadcastTrustedNetworks: [] };
  const auth = new Auth(keys, [], steadyClock, 'The key that was sent is none of ADMIN_API_KEYS.');
  return {
    admin: { auth, routes: revocationRoutes({ list, stream, publisher, max, wall: wallClock }) },
    reload: ({ adminApiKeys: next }) => {
      if (next !== undefined) auth.reload({ ingestApiKeys: next });
    },
    close: () => stream.close(),
  };
}
