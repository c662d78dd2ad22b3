import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { RevocationList } from '../../../shared/revocations/revocation-list.ts';
import { RevocationStream } from '../../../shared/revocations/revocation-stream.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { IngestConfig } from '../config.ts';
import { Auth } from '../http/auth.ts';
import { revocationRoutes } from './revocations.ts';
import type { Admin } from './route.ts';

type AdminConfig = Required<
  Pick<IngestConfig, 'ingestMaxBadKeys' | 'ingestRateLimit' | 'adminMaxRevocations'>
> & { readonly adminApiKeys: NonNullable<IngestConfig['adminApiKeys']> };

export interface OperatorsOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  readonly logger: Logger;
}

/** What operators may do, and who is one. */
export class Operators {
  readonly admin: Admin;
  readonly #revocations: RevocationStream;

  constructor(config: AdminConfig, connection: BrokerConnection, options: OperatorsOptions) {
    const { wall, now } = options;
    const list = new RevocationList();
    this.#revocations = new RevocationStream(connection, { list, ...options });
    const keys = { ...config, ingestApiKeys: config.adminApiKeys, broadcastTrustedNetworks: [] };
    this.admin = {
      auth: new Auth(keys, [], now, 'The key that was sent is none of ADMIN_API_KEYS.'),
      routes: revocationRoutes({
        list,
        stream: this.#revocations,
        publisher: options.publisher,
        max: config.adminMaxRevocations,
        wall,
      }),
    };
  }

  /** Without keys there are no operators until ingest is started with some. */
  reload({ adminApiKeys }: Pick<IngestConfig, 'adminApiKeys'>): void {
    if (adminApiKeys !== undefined) this.admin.auth.reload({ ingestApiKeys: adminApiKeys });
  }

  close(): Promise<void> {
    return this.#revocations.close();
  }
}
