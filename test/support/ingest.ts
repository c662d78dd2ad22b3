import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage, type Options } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readConfig } from '../../services/ingest/config.ts';
import { startIngest, type IngestService, type MountedBackend } from '../../services/ingest/service.ts';
import { EXCHANGE, INBOX } from '../../shared/contract/topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from './broker.ts';
import { healthUntil, isReady } from './health.ts';
import { lineSink } from './line-sink.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { scaledMs, WAIT_MS } from './time.ts';
import { unhurried } from './unhurried.ts';
import { until } from './until.ts';

export const INGEST_KEY = 'key-for-tests-only';

export interface Seen {
  readonly frame: Readonly<Record<string, unknown>>;
  readonly message: ConsumeMessage;
}

export interface ProblemDocument {
  readonly type: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { path: string; message: string }[];
}

export async function problemIn(response: Response): Promise<ProblemDocument> {
  return (await response.json()) as ProblemDocument;
}

/** What a queue of the broker receives, in order. */
export class Probe {
  readonly #messages: ConsumeMessage[] = [];
  readonly #frames: Seen[] = [];
  #wake: () => void = () => undefined;

  constructor(readonly queue: string) {}

  readonly onMessage = (message: ConsumeMessage | null): void => {
    if (message !== null) this.#messages.push(message);
    this.#wake();
  };

  async next(): Promise<ConsumeMessage> {
    const deadlineMs = performance.now() + scaledMs(WAIT_MS);
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`nothing came to ${this.queue} in time`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async take(count: number): Promise<Seen[]> {
    const seen: Seen[] = [];
    while (seen.length < count) seen.push(await this.nextFrame());
    return seen;
  }

  /** A `calendar.sync` that travels with its event is the next, with its own rooms. */
  async nextFrame(): Promise<Seen> {
    const waiting = this.#frames.shift();
    if (waiting !== undefined) return waiting;
    const message = await this.next();
    const { properties } = message;
    const frameOf = (text: string) => JSON.parse(text) as Seen['frame'];
    const sync: unknown = properties.headers?.['calendar_sync'];
    if (typeof sync === 'string') {
      const headers = { ...properties.headers, rooms: 'calendar' };
      this.#frames.push({
        message: { ...message, properties: { ...properties, headers } },
        frame: frameOf(sync),
      });
    }
    return { message, frame: frameOf(message.content.toString()) };
  }
}

export interface TestIngestOptions {
  /** Instead of those in backends/all.ts. */
  readonly backends?: readonly MountedBackend[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Ingest in this process, on a vhost of its own; the broker behind a proxy, and a direct line to the broker. */
export class TestIngest {
  private constructor(
    /** Straight to the broker, past the proxy. */
    readonly brokerUrl: string,
    readonly service: IngestService,
    readonly proxy: TcpProxy,
    /** Everything on the exchange. */
    readonly published: Probe,
    readonly channel: ConfirmChannel,
    readonly log: readonly string[],
    private readonly cleanUp: () => Promise<void>,
  ) {}

  static async start({ env = {}, backends }: TestIngestOptions = {}): Promise<TestIngest> {
    const vhost = await createVhostForTest();
    const proxy = await TcpProxy.before(vhost.url);
    const log: string[] = [];
    const logger = createLogger('ingest', 'debug', lineSink(log));
    const variables = {
      ...unhurried.ingest,
      AMQP_URL: proxy.through(vhost.url),
      INGEST_API_KEYS: INGEST_KEY,
      INGEST_PORT: '0',
      HEALTH_PORT: '0',
    };
    const mounted = backends && { backends };
    const service = await startIngest(readConfig({ ...variables, ...env }), { logger, ...mounted });
    await healthUntil(service.healthPort, isReady);
    const model = await connect(vhost.url);
    const channel = await model.createConfirmChannel();
    const published = await bindProbe(channel);
    return new TestIngest(vhost.url, service, proxy, published, channel, log, async () => {
      await service.stop();
      await closed(model);
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.service.httpPort}`;
  }

  /** Posts with a good key unless the headers say otherwise. */
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${INGEST_KEY}`, ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });
  }

  /** Publishes to the inbox as a backend would; resolves once the broker has it. */
  async send(body: unknown, options: Options.Publish = {}): Promise<void> {
    this.channel.sendToQueue(
      INBOX,
      Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      options,
    );
    await this.channel.waitForConfirms();
  }

  /** The frames published since the last look: everything up to an event that is published now. */
  async publishedSince(): Promise<Seen['frame'][]> {
    const response = await this.post('/v1/events', { event: 'calendar.sync', data: {} });
    const last = (await response.json()) as { id: string };
    return this.#publishedBefore(last.id);
  }

  /**
   * As `publishedSince`, for webhooks: everything up to an event that stands behind them in the inbox. Changes of one
   * appointment that come together wait for each other; such ones are for the test to await.
   */
  async announcedSince(): Promise<Seen['frame'][]> {
    const id = `behind-${randomUUID()}`;
    await this.send({ event: 'calendar.sync', data: {}, id });
    return this.#publishedBefore(id);
  }

  async probe(queue: string): Promise<Probe> {
    const probe = new Probe(queue);
    await this.channel.consume(queue, probe.onMessage, { noAck: true });
    return probe;
  }

  async ready(): Promise<void> {
    await healthUntil(this.service.healthPort, isReady);
  }

  async unready(): Promise<void> {
    await healthUntil(this.service.healthPort, ({ body }) => body.status === 'unhealthy');
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.service.healthPort}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  async metricUntil(name: string, value: number): Promise<void> {
    const deadlineMs = performance.now() + scaledMs(WAIT_MS);
    await until(async () => {
      const now = await this.metric(name);
      if (performance.now() > deadlineMs) throw new Error(`${name} is ${now} and did not become ${value}`);
      return now === value;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanUp();
  }

  async #publishedBefore(id: string): Promise<Seen['frame'][]> {
    const frames: Seen['frame'][] = [];
    for (;;) {
      const { frame } = await this.published.nextFrame();
      if (frame['id'] === id) return frames;
      frames.push(frame);
    }
  }
}

async function bindProbe(channel: ConfirmChannel): Promise<Probe> {
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const probe = new Probe(queue);
  await channel.bindQueue(queue, EXCHANGE, '#');
  await channel.consume(queue, probe.onMessage, { noAck: true });
  return probe;
}

async function closed(model: ChannelModel): Promise<void> {
  const gone = once(model, 'close');
  await model.close();
  await gone;
}
