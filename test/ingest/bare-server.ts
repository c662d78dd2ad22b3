import type { AddressInfo } from 'node:net';
import { Auth } from '../../services/ingest/http/auth.ts';
import { createHttpServer, type HttpServerOptions } from '../../services/ingest/http/server.ts';
import { Secret } from '../../shared/config/env.ts';
import { NetworkSet } from '../../shared/config/networks.ts';
import { ClientAddresses } from '../../shared/service/client-addresses.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { INGEST_KEY } from '../support/ingest.ts';

type Auths = Partial<ConstructorParameters<typeof Auth>[0]>;
type Limits = Partial<HttpServerOptions['config']>;

/** Ingest's port without all that is behind it; `INGEST_KEY` opens it. */
export async function bareServer(options: Partial<HttpServerOptions>, auth: Auths = {}, limits: Limits = {}) {
  const server = createHttpServer({
    intake: {
      steps: () => {
        throw new Error('no event is posted here');
      },
    },
    backends: [],
    auth: new Auth(
      {
        ingestApiKeys: new Secret([INGEST_KEY]),
        ingestMaxBadKeys: 100,
        ingestRateLimit: 0,
        broadcastTrustedNetworks: [],
        ...auth,
      },
      [],
      () => 0,
    ),
    clients: new ClientAddresses(new NetworkSet([])),
    observer: { refused: () => undefined },
    config: {
      ingestMaxBodyBytes: 100 * 1024,
      ingestMaxLargeBodiesBytes: 150 * 1024,
      ingestLargeBodiesRate: 0,
      ingestRequestTimeoutMs: 60_000,
      ...limits,
    },
    stopping: () => false,
    logger: createLogger('ingest', 'silent'),
    ...options,
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    server: server.server,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}
