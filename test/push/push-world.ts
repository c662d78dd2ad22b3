import { randomUUID } from 'node:crypto';
import { readConfig } from '../../services/push/config.ts';
import { startPush, type PushService as Service } from '../../services/push/service.ts';
import type { Registration } from '../../shared/devices/device.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest, type TestVhost } from '../support/broker.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { lineSink } from '../support/line-sink.ts';
import { tokenFor, type TestRole } from '../support/tokens.ts';
import { bearer } from '../support/wires.ts';
import { World, worldEnv } from '../support/world.ts';
import { PushService, type Asked } from '../../tools/push-service/push-service.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';
import { vapidKeys } from './vapid-claims.ts';

/** Of what a phone is shown. */
export interface Shown {
  readonly title: string;
  readonly body: string;
  readonly navigate: string;
  readonly tag: string;
  readonly data: Readonly<Record<string, string>>;
}

type Env = Readonly<Record<string, string>>;

/** What push and delivery need, with push services of this machine. */
export function pushEnv(services: readonly PushService[], extra: Env = {}): Record<string, string> {
  return {
    PUSH: 'on',
    PUSH_AFTER_SECONDS: '1',
    PUSH_GATHER_MS: '1500',
    PUSH_ALLOWED_HOSTS: services.map(({ port }) => `127.0.0.1:${port}`).join(),
    PUSH_VAPID_PUBLIC_KEY: vapidKeys.publicKey,
    PUSH_VAPID_PRIVATE_KEY: vapidKeys.privateKey,
    PUSH_SUBJECT: 'mailto:it@example.org',
    PUSH_CLICK_URL: 'https://app.example.org/appointments/{id}',
    ...extra,
  };
}

/** A phone whose app is closed: it shows what its push service brings. */
export class SleepingPhone {
  readonly path = `/push/${randomUUID()}`;
  readonly id = randomUUID() as string;
  readonly #subscriber = new Subscriber();

  constructor(private readonly service: PushService) {}

  registration(language = 'de'): Registration {
    const subscription = this.#subscriber.subscription(`${this.service.origin}${this.path}`);
    return { kind: 'webpush', subscription, language };
  }

  get asked(): readonly Asked[] {
    return this.service.asked.filter(({ path }) => path === this.path);
  }

  /** In the order in which it came. */
  get shown(): readonly Shown[] {
    return this.asked.map(({ body }) => {
      const message = JSON.parse(this.#subscriber.decrypt(body).toString()) as { notification: Shown };
      return message.notification;
    });
  }

  async shows(count: number): Promise<readonly Shown[]> {
    while (this.asked.length < count) await this.service.askedTimes(this.service.asked.length + 1);
    return this.shown;
  }
}

/** Ingest, delivery and push in this process, and a push service. */
export class PushWorld {
  readonly pushes: Service[] = [];

  private constructor(
    readonly world: World,
    readonly services: readonly [PushService, ...PushService[]],
    readonly vhost: TestVhost,
    readonly env: Record<string, string>,
    readonly log: string[],
  ) {}

  static async start({ env = {}, pushes = 1, deliveries = 1, furtherServices = 0 } = {}): Promise<PushWorld> {
    const others = Array.from({ length: furtherServices }, () => PushService.start());
    const services = [await PushService.start(), ...(await Promise.all(others))] as const;
    const vhost = await createVhostForTest();
    const all = { ...worldEnv(vhost.url, pushEnv(services, env)) };
    const log: string[] = [];
    const world = await World.start({ env: all, amqpUrl: vhost.url, deliveries, log });
    const started = new PushWorld(world, services, vhost, all, log);
    for (let count = 0; count < pushes; count += 1) await started.startPush();
    return started;
  }

  get service(): PushService {
    return this.services[0];
  }

  async startPush(): Promise<Service> {
    const logger = createLogger('push', 'debug', lineSink(this.log));
    const push = await startPush(readConfig(this.env), {
      logger,
      vendors: { ca: this.services.map(({ ca }) => ca).join('') },
    });
    this.pushes.push(push);
    await healthUntil(push.healthPort, isReady);
    return push;
  }

  async register(role: TestRole, userId: number, phone: SleepingPhone, language?: string): Promise<void> {
    const answer = await fetch(`http://${this.world.host()}/v1/devices/${phone.id}`, {
      method: 'PUT',
      headers: bearer(tokenFor(role, userId)),
      body: JSON.stringify(phone.registration(language)),
    });
    if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  /** Of a user who has one more. */
  async phoneOf(
    role: TestRole,
    userId: number,
    language?: string,
    service = this.service,
  ): Promise<SleepingPhone> {
    const phone = new SleepingPhone(service);
    await this.register(role, userId, phone, language);
    return phone;
  }

  async metric(name: string): Promise<string> {
    const [push] = this.pushes;
    const text = await (await fetch(`http://127.0.0.1:${push?.healthPort ?? 0}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(name))
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.pushes.map((push) => push.stop()));
    await this.world[Symbol.asyncDispose]();
    await this.vhost[Symbol.asyncDispose]();
    await Promise.all(this.services.map((service) => service[Symbol.asyncDispose]()));
  }
}
