import { readConfig as readDeliveryConfig } from '../../services/delivery/config.ts';
import { startDelivery, type DeliveryService } from '../../services/delivery/service.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';
import { startIngest, type IngestService } from '../../services/ingest/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from './broker.ts';
import { TestClient } from './client.ts';
import { healthUntil, isReady } from './health.ts';
import { lineSink } from './line-sink.ts';
import { TEST_SECRET, tokenFor, type TestRole, type TokenOptions } from './tokens.ts';
import { unhurried } from './unhurried.ts';
import type { FrameReader } from './frame-reader.ts';
import type { Wire } from './wires.ts';

export const TEST_KEY = 'key-for-tests-only';

type Env = Readonly<Record<string, string>>;

/** Starts the services of a world, each with its variables. */
export interface Starters {
  readonly delivery: (env: Env) => Promise<DeliveryService>;
  readonly ingest: (env: Env) => Promise<IngestService>;
}

export interface WorldOptions {
  readonly deliveries?: number;
  readonly ingests?: number;
  /** Variables for both services beside what a test world needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Broker to use instead of a fresh vhost. */
  readonly amqpUrl?: string;
  /** Gets every log line of the services, debug among them. */
  readonly log?: string[];
  /** Instead of services in this process. */
  readonly services?: Starters;
}

export interface ConnectOptions extends TokenOptions {
  readonly delivery?: number;
  /** Beside `token` in the query: cursor, rooms. */
  readonly query?: Readonly<Record<string, string>>;
}

export interface ReachOptions extends TokenOptions {
  readonly delivery?: number;
  readonly cursor?: string;
  readonly rooms?: string;
}

/** Both services, in this process unless told otherwise, on a vhost and ports of their own. */
export class World {
  private constructor(
    readonly amqpUrl: string,
    readonly deliveries: readonly DeliveryService[],
    readonly ingests: readonly IngestService[],
    private readonly cleanUp: () => Promise<void>,
  ) {}

  static async start(options: WorldOptions = {}): Promise<World> {
    const vhost = options.amqpUrl === undefined ? await createVhostForTest() : undefined;
    const amqpUrl = options.amqpUrl ?? vhost?.url ?? '';
    const env = worldEnv(amqpUrl, options.env);
    // TEST_LOG_LEVEL=info shows what the services of a failing test were doing.
    const logger =
      options.log === undefined
        ? createLogger('test', process.env['TEST_LOG_LEVEL'] ?? 'silent')
        : createLogger('test', 'debug', lineSink(options.log));
    const services: Starters = options.services ?? {
      delivery: () => startDelivery(readDeliveryConfig(env), { logger }),
      ingest: () => startIngest(readIngestConfig(env), { logger }),
    };
    const deliveries = await many(options.deliveries ?? 1, () => services.delivery(env));
    const ingests = await many(options.ingests ?? 1, () => services.ingest(env));
    for (const { healthPort } of [...deliveries, ...ingests]) {
      await healthUntil(healthPort, isReady);
    }
    return new World(amqpUrl, deliveries, ingests, async () => {
      await Promise.all([...deliveries, ...ingests].map((service) => service.stop()));
      await vhost?.[Symbol.asyncDispose]();
    });
  }

  /** A client of a role with a good token in the query, right after the handshake; nothing read yet. */
  connect(role: TestRole, id: number, options: ConnectOptions = {}): Promise<TestClient> {
    const query = new URLSearchParams({ token: tokenFor(role, id, options), ...options.query });
    return TestClient.open(`${this.webSocketUrl(options.delivery)}?${query.toString()}`);
  }

  /** As `connect`, read up to its `connected` frame. */
  async join(role: TestRole, id: number, options: ConnectOptions = {}): Promise<TestClient> {
    const client = await this.connect(role, id, options);
    await client.until({ type: 'connected' });
    return client;
  }

  /** A client that brings nothing with its upgrade and everything in its first frame. */
  async open(auth: object, role: TestRole, id: number, options: ConnectOptions = {}): Promise<TestClient> {
    const client = await TestClient.open(this.webSocketUrl(options.delivery));
    client.send({ action: 'auth', token: tokenFor(role, id, options), ...auth });
    return client;
  }

  /** A client with a good token over any of the wires. */
  reach<Client extends FrameReader>(
    wire: Wire<Client>,
    role: TestRole,
    id: number,
    { delivery, cursor, rooms, ...token }: ReachOptions = {},
  ): Promise<Client> {
    return wire.open({ host: this.host(delivery), token: tokenFor(role, id, token), cursor, rooms });
  }

  webSocketUrl(delivery = 0): string {
    return `ws://${this.host(delivery)}/ws`;
  }

  /** With its port. */
  host(delivery = 0): string {
    return `127.0.0.1:${this.#delivery(delivery).webSocketPort}`;
  }

  healthPort(delivery = 0): number {
    return this.#delivery(delivery).healthPort;
  }

  /** Posts to ingest with a good key. */
  post(path: string, body: unknown, headers: Record<string, string> = {}, ingest = 0): Promise<Response> {
    const service = this.ingests[ingest];
    if (service === undefined) throw new Error(`this world has no ingest ${ingest}`);
    return fetch(`http://127.0.0.1:${service.httpPort}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** Publishes one event over HTTP; fails unless it was accepted. */
  async publish(event: object, ingest = 0): Promise<{ id: string; rooms: string[]; cursor: string }> {
    const response = await this.post('/v1/events', event, {}, ingest);
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string; rooms: string[]; cursor: string };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanUp();
  }

  #delivery(index: number): DeliveryService {
    const service = this.deliveries[index];
    if (service === undefined) throw new Error(`this world has no delivery ${index}`);
    return service;
  }
}

/** Ports chosen by the system, no waiting in drains, time for a slow machine, everything else as in production. */
export function worldEnv(
  amqpUrl: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...unhurried.delivery,
    ...unhurried.ingest,
    AMQP_URL: amqpUrl,
    JWT_SECRET: TEST_SECRET,
    INGEST_API_KEYS: TEST_KEY,
    WEBSOCKET_PORT: '0',
    HEALTH_PORT: '0',
    INGEST_PORT: '0',
    DRAIN_SPREAD_MS: '0',
    ...extra,
  };
}

async function many<Service>(count: number, start: () => Promise<Service>): Promise<Service[]> {
  return Promise.all(Array.from({ length: count }, start));
}
