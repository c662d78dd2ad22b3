import type { ChannelModel, ConsumeMessage } from 'amqplib';
import type { AddressInfo } from 'node:net';
import { BrokerConnection, firstRefusal, worstOf } from '../../shared/broker/broker-connection.ts';
import { declareTopology, type DifferingQueues } from '../../shared/broker/declare-topology.ts';
import { cursorTimeMs } from '../../shared/contract/cursor.ts';
import { PUSH_MAX_AGE_MS, pushDeclarations } from '../../shared/contract/topology.ts';
import { unixMs } from '../../shared/core/wall-time.ts';
import type { RegisteredDevice } from '../../shared/devices/device.ts';
import { PUSH_TEST_TYPE } from '../../shared/devices/push-test.ts';
import { DeviceStream } from '../../shared/devices/device-stream.ts';
import type { Monitoring } from '../../shared/monitoring/monitoring.ts';
import { steadyClock, wallClock } from '../../shared/service/clock.ts';
import { newInstanceName } from '../../shared/service/instance.ts';
import { listenOn, type Service } from '../../shared/service/lifecycle.ts';
import { sleep } from '../../shared/service/sleep.ts';
import { createLogger, type Logger } from '../../shared/service/logger.ts';
import { Facts } from './broker/facts.ts';
import { PushWriter } from './broker/push-writer.ts';
import { readTestRequest } from './broker/test-request.ts';
import { WaitingQueue } from './broker/waiting-queue.ts';
import { WakeableDevices } from './broker/wakeable-devices.ts';
import type { PushConfig } from './config.ts';
import { Knowledge } from './decision/knowledge.ts';
import { readWaitingMessage } from './decision/waiting-message.ts';
import { createMetrics, type PushMetrics } from './metrics.ts';
import { monitorPush } from './monitoring.ts';
import { Refusals } from './refusals.ts';
import { closeSenders, createSenders, type Vendors } from './senders/create-senders.ts';
import type { Senders } from './senders/sender.ts';
import { Dispatcher } from './sending/dispatcher.ts';
import { testDevices } from './waking/device-tests.ts';
import { takenBack, Waker, type Woken } from './waking/waker.ts';

const TICK_MS = 1_000;
/** Of DRAIN_TIMEOUT_MS, what is left to close connections. */
const CLOSING_MS = 1_000;

export interface PushService extends Service {
  readonly healthPort: number;
}

export interface PushStart {
  readonly logger?: Logger;
  readonly vendors?: Vendors;
}

/** Starts one instance. It is live while the broker is away, and ready once it knows who has read what. */
export async function startPush(
  config: PushConfig,
  { logger = createLogger('push', config.logLevel), vendors = {} }: PushStart = {},
): Promise<PushService> {
  const service = new Push(config, logger, vendors);
  await service.listen();
  return service;
}

class Push implements PushService {
  readonly failed: Promise<never>;
  readonly #instance = newInstanceName();
  readonly #logger: Logger;
  readonly #metrics: PushMetrics;
  readonly #refusals = new Refusals();
  readonly #differing: DifferingQueues = new Map();
  /** What is published goes by a connection of its own: a broker short of memory stops reading from publishers. */
  readonly #connections: { consuming: BrokerConnection; publishing: BrokerConnection };
  readonly #facts: Facts;
  readonly #devices: DeviceStream;
  readonly #wakeable: WakeableDevices;
  readonly #writer: PushWriter;
  readonly #senders: Senders;
  readonly #dispatcher: Dispatcher;
  readonly #waker: Waker;
  readonly #queue: WaitingQueue;
  readonly #monitoring: Monitoring;
  readonly #timer: NodeJS.Timeout;
  #stopping: Promise<void> | undefined;

  /** In this order: each is made of those before it. */
  constructor(
    private readonly config: PushConfig,
    logger: Logger,
    vendors: Vendors,
  ) {
    this.#logger = logger.child({ instance: this.#instance });
    this.#metrics = createMetrics({
      devices: () => this.#devices.list.size,
      underWay: () => this.#queue.size,
      openHosts: () => this.#dispatcher.openHosts.length,
    });
    this.#connections = { consuming: this.#connect('consumer'), publishing: this.#connect('publisher') };
    const { consuming, publishing } = this.#connections;
    this.failed = firstRefusal([consuming, publishing]);
    const common = { wall: wallClock, now: steadyClock, logger: this.#logger };
    const knowledge = new Knowledge({ maxEntries: config.pushMaxKnown, maxAgeMs: PUSH_MAX_AGE_MS });
    this.#facts = new Facts(consuming, { ...common, instance: this.#instance, knowledge });
    this.#devices = new DeviceStream(publishing, common);
    this.#wakeable = new WakeableDevices(consuming, this.#devices.list, common);
    this.#writer = new PushWriter(publishing, { ...common, instance: this.#instance });
    this.#senders = createSenders(config, wallClock, vendors);
    this.#dispatcher = this.#createDispatcher();
    this.#waker = this.#createWaker(knowledge);
    this.#queue = new WaitingQueue(consuming, {
      declare: this.#declare,
      prefetch: config.pushPrefetch,
      take: (message, isOurs) => this.#take(message, isOurs),
      logger: this.#logger,
    });
    this.#monitoring = this.#monitor();
    this.#timer = setInterval(() => this.#devices.tick(), TICK_MS).unref();
  }

  get healthPort(): number {
    return (this.#monitoring.server.server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    const { healthPort } = this.config;
    const { server } = this.#monitoring;
    try {
      await listenOn(healthPort, 'HEALTH_PORT', (host) => server.listen({ port: healthPort, host }));
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#logger.info(
      { healthPort: this.healthPort, kinds: Object.keys(this.#senders) },
      'push is listening',
    );
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // The next instance begins where the queue is let go: by then it is written down who was told.
    const drained = this.#queue.drained().then(() => this.#writer.flush());
    await Promise.race([
      drained.catch(() => undefined),
      sleep(Math.max(0, this.config.drainTimeoutMs - CLOSING_MS)),
    ]);
    clearInterval(this.#timer);
    await Promise.all([
      this.#queue.close(),
      this.#facts.close(),
      this.#wakeable.close(),
      this.#devices.close(),
      this.#writer.close(),
    ]);
    await closeSenders(this.#senders);
    await this.#monitoring.leaveBroker();
    await Promise.all(Object.values(this.#connections).map((connection) => connection.close()));
    await this.#monitoring.close();
    this.#logger.info('stopped');
  }

  readonly #declare = (model: ChannelModel): Promise<void> => {
    const { historyMaxAge, historyMaxBytes, pushAfterSeconds } = this.config;
    const also = pushDeclarations(pushAfterSeconds);
    const options = { historyMaxAge, historyMaxBytes, also, differing: this.#differing };
    return declareTopology(model, options, this.#logger);
  };

  #connect(purpose: string): BrokerConnection {
    return new BrokerConnection({
      url: this.config.amqpUrl.reveal(),
      name: `roomcast push ${this.#instance} ${purpose}`,
      logger: this.#logger,
      setup: (model) => this.#declare(model),
    });
  }

  #createDispatcher(): Dispatcher {
    const { pushMaxRunning, pushMaxWaiting, pushMaxTries, pushGiveUpSeconds, pushPrefetch } = this.config;
    const limits = {
      maxUnderWay: Math.ceil(pushPrefetch / 2),
      maxRunning: pushMaxRunning,
      maxWaiting: pushMaxWaiting,
      maxTries: pushMaxTries,
      giveUpAfterMs: pushGiveUpSeconds * 1_000,
    };
    return new Dispatcher(this.#senders, limits, {
      now: steadyClock,
      unixMs: now,
      callLater,
      onTry: (kind, outcome) => {
        const reason = 'reason' in outcome ? outcome.reason : '';
        this.#metrics.requests.inc({ kind, outcome: outcome.outcome, reason });
        this.#refusals.note(kind, outcome, steadyClock());
      },
    });
  }

  #createWaker(knowledge: Knowledge): Waker {
    const { pushDetails, pushClickUrl, pushGatherMs } = this.config;
    return new Waker({
      knowledge,
      devices: this.#wakeable,
      dispatcher: this.#dispatcher,
      whenKnown: () => this.#facts.caughtUp(),
      writeBundle: (person, bundle) => this.#facts.writeBundle(person, bundle),
      receiptsWritten: () => this.#writer.flush(),
      wording: { details: pushDetails === 'on', clickUrl: pushClickUrl },
      gatherMs: pushGatherMs,
      onReceipt: (woken) => this.#note(woken),
      onGone: (device) => void this.#forget(device),
      now,
      callLater,
    });
  }

  #monitor(): Monitoring {
    return monitorPush({
      instance: this.#instance,
      config: this.config,
      connection: this.#connections.consuming,
      brokerState: () => worstOf(Object.values(this.#connections).map(({ state }) => state)),
      isCurrent: () => this.#isCurrent,
      devices: () => this.#devices.list.size,
      underWay: () => this.#queue.size,
      openHosts: () => this.#dispatcher.openHosts,
      refusals: this.#refusals,
      differing: this.#differing,
      metrics: this.#metrics,
      stopping: () => this.#stopping !== undefined,
      logger: this.#logger,
      clock: steadyClock,
    });
  }

  get #isCurrent(): boolean {
    return this.#facts.isCurrent && this.#devices.isCurrent && this.#wakeable.isCurrent;
  }

  async #take(message: ConsumeMessage, isOurs: () => boolean): Promise<void> {
    if (message.properties.type === PUSH_TEST_TYPE) return this.#test(message);
    const waiting = readWaitingMessage(message);
    if (waiting === undefined) return;
    await Promise.all([this.#facts.settled(), this.#devices.whenCurrent(), this.#wakeable.whenCurrent()]);
    if (now() - cursorTimeMs(waiting.event.cursor) >= PUSH_MAX_AGE_MS) return;
    const left = await this.#waker.take(waiting, () => isOurs() && this.#facts.isCurrent);
    await this.#writer.flush();
    if (left.length === 0) return;
    if (!isOurs()) throw takenBack();
    this.#metrics.rounds.inc();
    await this.#writer.sendRound(message, left);
  }

  /** Once: whoever asked has left when it comes again. */
  async #test(message: ConsumeMessage): Promise<void> {
    const request = readTestRequest(message);
    if (request === undefined || message.fields.redelivered) return;
    const { test, properties } = request;
    await Promise.all([this.#devices.whenCurrent(), this.#wakeable.whenCurrent()]);
    const devices = await testDevices(test, {
      devices: this.#wakeable,
      dispatcher: this.#dispatcher,
      clickUrl: this.config.pushClickUrl,
      onGone: (device) => void this.#forget(device),
      now,
      callLater,
    });
    this.#logger.info({ ...test, devices }, 'an operator tested the devices of a user');
    await this.#writer.answer(properties, { devices: [...devices] }).catch((error: unknown) => {
      this.#logger.debug({ err: error }, 'whoever asked for a test has left');
    });
  }

  #note(woken: Woken): void {
    const { event, person, stage, how } = woken;
    this.#writer.add(woken);
    // Not only once everybody is seen to: others may have to wait long for their push service. What fails is flushed with the rest.
    this.#writer.flush().catch(() => undefined);
    this.#metrics.receipts.inc({ stage, how });
    const seconds = (now() - cursorTimeMs(event.cursor)) / 1_000;
    if (stage === 'pushed') this.#metrics.timeToPushed.observe(seconds);
    const { role, userId: user_id } = person;
    this.#logger.debug({ event: event.id, role, user_id, stage, how }, 'push');
  }

  async #forget({ id, seen_at, registration: { kind } }: RegisteredDevice): Promise<void> {
    try {
      await this.#devices.write({ removed: { id, seen_at } });
      this.#logger.info({ kind }, 'a device is gone, and is forgotten');
    } catch (error) {
      this.#logger.debug({ err: error, kind }, 'a device that is gone could not be forgotten yet');
    }
  }
}

/** Unix milliseconds: appointments and notifications end by the clock on the wall. */
const now = () => unixMs(wallClock());

const callLater = (act: () => void, ms: number) => void setTimeout(act, ms).unref();
