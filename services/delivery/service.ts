import type { AddressInfo } from 'node:net';
import { BrokerConnection, firstRefusal, worstOf } from '../../shared/broker/broker-connection.ts';
import { ClientAddresses } from '../../shared/service/client-addresses.ts';
import { steadyClock, wallClock, type SteadyClock, type WallClock } from '../../shared/service/clock.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { newInstanceName } from '../../shared/service/instance.ts';
import { listenOn, type Service } from '../../shared/service/lifecycle.ts';
import { createLogger, type Logger } from '../../shared/service/logger.ts';
import { NetworkSet } from '../../shared/config/networks.ts';
import type { Monitoring } from '../../shared/monitoring/monitoring.ts';
import { rulesOf } from './auth/claims.ts';
import { Revocations } from './auth/revocations.ts';
import { deviceDeclarations } from '../../shared/contract/topology.ts';
import { DeviceStream } from '../../shared/devices/device-stream.ts';
import { HostRules } from '../../shared/devices/host-rules.ts';
import { Devices } from './devices/devices.ts';
import { DeviceRequests } from './transport/http/device-requests.ts';
import { ReceiptStream } from './broker/receipt-stream.ts';
import { LeftUnread } from './receipts/left-unread.ts';
import { Receipts } from './receipts/receipts.ts';
import { TokenKeys } from './auth/token-keys.ts';
import { Tickets } from './auth/tickets.ts';
import { createTokenVerifier } from './auth/verify-token.ts';
import type { DeliveryConfig } from './config.ts';
import { Control } from './control/control.ts';
import { EventStream } from './stream/event-stream.ts';
import { createMetrics, type DeliveryMetrics } from './metrics.ts';
import { monitorDelivery } from './monitoring.ts';
import { Sessions } from './session/sessions.ts';
import type { Verify } from './session/access.ts';
import type { Arrival } from './session/transport.ts';
import { ConnectionBound } from '../../shared/service/connection-bound.ts';
import { Handshakes } from './transport/handshakes.ts';
import { HttpRequests } from './transport/http/http-requests.ts';
import { ClientServer } from './transport/server.ts';
import { WebSockets } from './transport/websocket/websockets.ts';

const TICK_MS = 1_000;
/** For connections that have sent no request yet, or wait for their next. */
const SPARE_CONNECTIONS = 500;

export interface DeliveryService extends Service {
  readonly webSocketPort: number;
  readonly healthPort: number;
  readonly instance: string;
  /** Takes other keys for tokens, and nothing else; sessions live on. */
  reload(config: DeliveryConfig): void;
}

/** Starts one instance. It listens at once, is live while the broker is away, and ready once a mark came back. */
export async function startDelivery(
  config: DeliveryConfig,
  {
    logger = createLogger('delivery', config.logLevel),
    wall = wallClock,
    now = steadyClock,
  }: { logger?: Logger; wall?: WallClock; now?: SteadyClock } = {},
): Promise<DeliveryService> {
  const service = new Delivery(config, logger, wall, now);
  await service.listen();
  return service;
}

class Delivery implements DeliveryService {
  readonly instance = newInstanceName();
  private readonly logger: Logger;
  readonly failed: Promise<never>;
  readonly #keys: TokenKeys;
  readonly #metrics: DeliveryMetrics;
  /** Marks go by a connection of their own: a broker under memory pressure stops reading from publishers. */
  readonly #connections: { consuming: BrokerConnection; publishing: BrokerConnection };
  readonly #stream: EventStream;
  readonly #revocations: Revocations;
  /** None where they are off. */
  readonly #receiptStream: ReceiptStream | undefined;
  /** None where push is off. */
  readonly #devices: DeviceStream | undefined;
  readonly #sessions: Sessions;
  readonly #control: Control;
  readonly #server: ClientServer;
  readonly #monitoring: Monitoring;
  readonly #timer: NodeJS.Timeout;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly config: DeliveryConfig,
    logger: Logger,
    wall: WallClock,
    private readonly now: SteadyClock,
  ) {
    this.logger = logger.child({ instance: this.instance });
    this.#keys = new TokenKeys(config, now, this.logger);
    this.#metrics = createMetrics({
      sessions: () => this.#sessions.countByRole(),
      rooms: () => this.#stream.rooms.countByKind(),
      bindings: () => this.#stream.binder.size,
      outboxBytes: () => this.#sessions.outboxBytes + this.#stream.gatheredBytes,
      bytesSent: () => this.#sessions.bytesSent,
      unconfirmedMs: () => this.#sessions.waitingMs(now()),
    });
    this.#connections = { consuming: this.#connect('consumer'), publishing: this.#connect('marks') };
    const { consuming, publishing } = this.#connections;
    this.failed = firstRefusal([consuming, publishing]);
    const { instance } = this;
    const context = { instance, config, metrics: this.#metrics, logger: this.logger, wall, now };
    this.#stream = new EventStream({
      ...context,
      consuming,
      publishing,
      asked: (entry) => this.#control.take(entry),
    });
    const verify = createTokenVerifier(this.#keys, wall, rulesOf(config));
    this.#revocations = new Revocations(consuming, {
      onChange: () => void this.#sessions.recheck(),
      wall,
      logger: this.logger,
    });
    const receipts =
      config.receipts === 'on' ? new Receipts({ instance, metrics: this.#metrics, wall }) : undefined;
    this.#receiptStream = receipts && new ReceiptStream(publishing, receipts, instance, this.logger);
    const lazyAskMs = config.pingIntervalMs;
    const leftUnread = new LeftUnread((cursor) => this.#stream.arrivedAtMs(cursor));
    this.#sessions = new Sessions({
      ...context,
      stream: this.#stream,
      receipts: receipts && { all: receipts, leftUnread, lazyAskMs, now },
      verify: this.#revocations.applyTo(verify),
      revocations: this.#revocations,
    });
    this.#control = new Control(publishing, { ...context, stream: this.#stream, sessions: this.#sessions });
    this.#devices = config.push === 'on' ? new DeviceStream(publishing, context) : undefined;
    this.#server = this.#createServer(new Tickets(this.#keys.tickets, verify, wall), verify, wall);
    this.#monitoring = monitorDelivery({
      ...context,
      connection: consuming,
      brokerState: () => worstOf(Object.values(this.#connections).map(({ state }) => state)),
      stream: this.#stream,
      sessions: this.#sessions,
      keys: this.#keys,
      revocations: this.#revocations,
      stopping: () => this.#stopping !== undefined,
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get webSocketPort(): number {
    return this.#server.port;
  }

  get healthPort(): number {
    return (this.#monitoring.server.server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    const { healthPort, websocketPort } = this.config;
    try {
      await listenOn(healthPort, 'HEALTH_PORT', (host) =>
        this.#monitoring.server.listen({ port: healthPort, host }),
      );
      await listenOn(websocketPort, 'WEBSOCKET_PORT', (host) => this.#server.listen(websocketPort, host));
    } catch (error) {
      await this.stop();
      throw error;
    }
    const ports = { websocket: this.webSocketPort, health: this.healthPort };
    this.logger.info({ ports }, 'delivery is listening');
  }

  reload(config: DeliveryConfig): void {
    this.#keys.reload(config);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.logger.info({ sessions: this.#sessions.size }, 'draining');
    this.#server.stopListening();
    this.#keys.close();
    await this.#sessions.drain(this.config.drainSpreadMs);
    clearInterval(this.#timer);
    await Promise.all([
      this.#stream.close(),
      this.#control.close(),
      this.#revocations.close(),
      this.#receiptStream?.close(),
      this.#devices?.close(),
    ]);
    await this.#monitoring.leaveBroker();
    await Promise.all(Object.values(this.#connections).map((connection) => connection.close()));
    await this.#monitoring.close();
    this.logger.info('stopped');
  }

  #connect(purpose: string): BrokerConnection {
    const { amqpUrl, historyMaxAge, historyMaxBytes, push } = this.config;
    const also = push === 'on' ? deviceDeclarations : [];
    return new BrokerConnection({
      url: amqpUrl.reveal(),
      name: `roomcast delivery ${this.instance} ${purpose}`,
      logger: this.logger,
      setup: (model) => declareTopology(model, { historyMaxAge, historyMaxBytes, also }, this.logger),
    });
  }

  /** A transport is a line here. */
  #createServer(tickets: Tickets, verify: Verify, wall: WallClock): ClientServer {
    const { allowedOrigins, trustedProxies, maxSessions, maxStrangers } = this.config;
    const clients = new ClientAddresses(new NetworkSet(trustedProxies));
    const common = {
      limits: this.config,
      clients,
      allowedOrigins,
      handshakes: new Handshakes({
        limits: this.config,
        accepts: () => this.#stopping === undefined,
        shutOutMs: (token) => this.#sessions.shutOutMs(token),
        now: this.now,
      }),
      arrived: (arrival: Arrival) => this.#sessions.add(arrival),
      refused: (code: string) => this.#metrics.refusals.inc({ code }),
      now: this.now,
    };
    const position = () => this.#stream.position();
    const connections = new ConnectionBound(maxSessions + maxStrangers + SPARE_CONNECTIONS, () =>
      this.#metrics.droppedConnections.inc(),
    );
    const used = {
      issue: (token: string) => tickets.issue(token),
      redeem: this.#revocations.applyTo((ticket) => tickets.redeem(ticket)),
    };
    const mounts = [
      new HttpRequests({ ...common, tickets: used, position }),
      new DeviceRequests({
        ...common,
        verify: this.#revocations.applyTo(verify),
        devices: this.#ownDevices(wall),
        publicKey: this.config.pushVapidPublicKey,
      }),
      new WebSockets(common),
    ];
    return new ClientServer(mounts, connections);
  }

  #ownDevices(wall: WallClock): Devices | undefined {
    const stream = this.#devices;
    const rules = new HostRules(this.config.pushAllowedHosts);
    return stream && new Devices({ stream, rules, wall, now: this.now });
  }

  #tick(): void {
    this.#keys.tick();
    this.#revocations.tick();
    this.#receiptStream?.tick();
    this.#devices?.tick();
    this.#sessions.tick(this.now());
    this.#stream.tick(this.now());
  }
}
