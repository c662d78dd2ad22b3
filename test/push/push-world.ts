import { readConfig } from '../../services/push/config.ts';
import { startPush, type PushService as Service } from '../../services/push/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest, type TestVhost } from '../support/broker.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { lineSink } from '../support/line-sink.ts';
import { tokenFor, type TestRole } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';
import { PushService } from '../../tools/push-service/push-service.ts';
import { pushEnv, SleepingPhone } from './sleeping-phone.ts';

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

  /** `env`: beside what all have. */
  async startPush(env: Readonly<Record<string, string>> = {}): Promise<Service> {
    const logger = createLogger('push', 'debug', lineSink(this.log));
    const push = await startPush(readConfig({ ...this.env, ...env }), {
      logger,
      vendors: { ca: this.services.map(({ ca }) => ca).join('') },
    });
    this.pushes.push(push);
    await healthUntil(push.healthPort, isReady);
    return push;
  }

  register(role: TestRole, userId: number, phone: SleepingPhone, language?: string): Promise<void> {
    return phone.registerAt(this.world.host(), tokenFor(role, userId), language);
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
