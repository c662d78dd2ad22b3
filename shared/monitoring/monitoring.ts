import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { INBOX, REJECTED } from '../contract/topology.ts';
import type { BrokerConnection, BrokerState } from '../broker/broker-connection.ts';
import { queueLabelOf, registerBrokerMetrics } from './broker-metrics.ts';
import type { SteadyClock } from '../service/clock.ts';
import type { CommonConfig } from '../config/env.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { createHealthServer, type HealthReport } from './health.ts';
import type { Logger } from '../service/logger.ts';
import { ManagementApi, type BrokerView } from '../broker/management-api.ts';
import { QueueDepths, type QueueDepth } from '../broker/queue-depths.ts';
import { ReasonTimes } from './reason-times.ts';
import { PageHosts } from './page-hosts.ts';
import { Peers } from './peers.ts';
import { SAMPLE_MS, SampleRing, type Sample } from './sample-ring.ts';
import { addStatusPage, type OperatorsPart } from './status-page.ts';
import { ShownReport, type InstanceStatus, type ServiceName } from './status.ts';

/** Of the status page: ten minutes, about 30 KiB. */
const SAMPLES = 300;
/** By default 5 s, after which the broker renews its own numbers. */
const MANAGEMENT_AGES = 5;

/** What is measured beside the service's own numbers, at one moment. */
export interface Vitals {
  readonly nowMs: number;
  readonly queues: readonly QueueDepth[];
  /** `undefined` without a management API, and until it was read for the first time. */
  readonly management: BrokerView | undefined;
  /** The event loop has been late by at least this for ten seconds. */
  readonly lagMs: number;
}

export interface MonitoringOptions {
  readonly service: ServiceName;
  readonly instance: string;
  readonly config: Pick<
    CommonConfig,
    | 'amqpUrl'
    | 'historyMaxBytes'
    | 'rabbitmqManagementUrl'
    | 'statusPage'
    | 'statusPeers'
    | 'allowedHosts'
    | 'monitoringMaxAgeMs'
  > & { readonly inboxMaxMessages?: number };
  /** By which queue depths are read. */
  readonly connection: BrokerConnection;
  readonly queues: () => readonly string[];
  readonly brokerState: () => BrokerState;
  readonly registry: Registry;
  readonly report: (vitals: Vitals) => Promise<HealthReport<object>>;
  /** The service's own columns of the status page. */
  readonly sample: (nowMs: number) => Promise<Sample>;
  /** The service's own tables of the status page. */
  readonly counts: () => Promise<InstanceStatus['counts']>;
  /** Of the status page, where the service has such a part. */
  readonly operators?: OperatorsPart;
  readonly logger: Logger;
  readonly clock: SteadyClock;
}

/** Everything on the health port: health, metrics, and the page for people. */
export class Monitoring {
  readonly server: FastifyInstance;
  readonly #depths: QueueDepths;
  readonly #management: ManagementApi | undefined;
  readonly #lag = new EventLoopLag();
  readonly #reasonTimes = new ReasonTimes();
  readonly #samples = new SampleRing(SAMPLES);
  /** Looks although nobody asks, so that a reason's `since` is when it began. */
  readonly #looking: NodeJS.Timeout;

  constructor(private readonly options: MonitoringOptions) {
    const { config, connection, logger, queues, registry, brokerState, clock } = options;
    const { rabbitmqManagementUrl: url, amqpUrl: brokerUrl, historyMaxBytes } = config;
    const { inboxMaxMessages = 0 } = config;
    const wanted = { historyMaxBytes: historyMaxBytes === 0 ? Infinity : historyMaxBytes, inboxMaxMessages };
    this.#depths = new QueueDepths(connection, logger, queues);
    const maxAgeMs = MANAGEMENT_AGES * config.monitoringMaxAgeMs;
    this.#management =
      url === undefined ? undefined : new ManagementApi({ url, brokerUrl, wanted, maxAgeMs, logger });
    const management = this.#management;
    registerBrokerMetrics(
      registry,
      brokerState,
      () => this.#depths.read(clock()),
      management && (() => management.read(clock())),
    );
    const age = { maxAgeMs: config.monitoringMaxAgeMs, now: clock };
    this.server = createHealthServer({ report: () => this.#report(), metrics: registry, ...age });
    const hasPage = config.statusPage === 'on';
    if (hasPage) {
      const peers = new Peers(config.statusPeers);
      const hosts = new PageHosts(config.allowedHosts, config.statusPeers);
      const { operators } = options;
      addStatusPage(this.server, { self: () => this.#status(), peers, hosts, operators, ...age });
    }
    this.#looking = setInterval(() => {
      void this.#report();
      if (hasPage) void this.#sample();
    }, SAMPLE_MS).unref();
  }

  /** Messages that waited in one of `queues` when they were counted last, at most some seconds ago. */
  waitingIn(queue: string): number | undefined {
    return this.#depths.latest(queue, this.options.clock())?.messages;
  }

  /** Before the connection closes. */
  async leaveBroker(): Promise<void> {
    clearInterval(this.#looking);
    await this.#depths.close();
  }

  async close(): Promise<void> {
    this.#lag.stop();
    await this.server.close();
  }

  async #status(): Promise<InstanceStatus> {
    const { service, instance, counts } = this.options;
    const report = ShownReport.parse(await this.#report());
    return { service, instance, report, series: this.#samples.series(), counts: await counts() };
  }

  async #report(): Promise<HealthReport<object>> {
    const nowMs = this.options.clock();
    const report = await this.options.report({
      nowMs,
      queues: await this.#depths.read(nowMs),
      management: this.#management?.latest(nowMs),
      lagMs: this.#lag.sustainedMs,
    });
    return { ...report, reasons: this.#reasonTimes.stamp(report.reasons, nowMs) };
  }

  async #sample(): Promise<void> {
    const nowMs = this.options.clock();
    const queues = await this.#depths.read(nowMs);
    const depths = new Map(queues.map(({ name, messages }) => [queueLabelOf(name), messages]));
    this.#samples.push(nowMs, {
      ...(await this.options.sample(nowMs)),
      inbox: depths.get(INBOX),
      rejected: depths.get(REJECTED),
      own_queue: depths.get('own'),
      lag_ms: this.#lag.lastMs,
    });
  }
}
