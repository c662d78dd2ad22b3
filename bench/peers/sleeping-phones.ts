import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signToken } from '../../services/delivery/sign-token.ts';
import { newVapidKeys } from '../../services/push/crypto/vapid.ts';
import type { Registration } from '../../shared/devices/device.ts';
import { freePort } from '../../tools/broker/ports.ts';
import { pushEnvWith, SHORT_WAITS } from '../../tools/push-service/push-env.ts';
import { PushService } from '../../tools/push-service/push-service.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';
import { API_KEY, SECRET, ServiceUnderAttack } from '../hostile/pair.ts';
import { Posts } from '../load/posts.ts';
import type { World } from './peer.ts';
import { RunningRoomcast } from './roomcast.ts';

const WAIT_MS = SHORT_WAITS.afterS * 1_000 + SHORT_WAITS.gatherMs;
const REGISTERED_AT_ONCE = 20;
/** Each has a topic at its push service that no other event has: a phone is told of one at a time. */
let lastAppointment = 0;

interface Parts {
  readonly roomcast: RunningRoomcast;
  readonly push: ServiceUnderAttack;
  readonly services: readonly PushService[];
  readonly posts: Posts;
}

/** ingest, delivery and push, a process each, and push services, each with its share of phones whose apps are closed. */
export class SleepingPhones {
  private constructor(
    private readonly parts: Parts,
    private readonly phonesEach: number,
  ) {}

  static async start(
    world: World,
    counts: { services: number; phonesEach: number },
  ): Promise<SleepingPhones> {
    const services = await Promise.all(Array.from({ length: counts.services }, () => PushService.start()));
    const certificates = join(world.folder, `push-services-${process.pid}-${services[0]?.port ?? 0}.pem`);
    writeFileSync(certificates, services.map(({ ca }) => ca).join(''));
    const env = pushEnvWith(newVapidKeys(), services, { NODE_EXTRA_CA_CERTS: certificates });
    const roomcast = await RunningRoomcast.start(world, { env });
    const healthPort = await freePort();
    const push = new ServiceUnderAttack('dist/services/push/main.js', 'push', healthPort, world.folder, {
      ...env,
      AMQP_URL: roomcast.amqpUrl,
      HEALTH_PORT: String(healthPort),
    });
    await push.ready();
    const headers = { authorization: `Bearer ${API_KEY}` };
    const posts = new Posts(roomcast.pair.ports.ingest, '/v1/events', headers);
    const phones = new SleepingPhones({ roomcast, push, services, posts }, counts.phonesEach);
    await phones.#register();
    return phones;
  }

  get services(): readonly PushService[] {
    return this.parts.services;
  }

  /**
   * Publishes an event for the phone of that number at each push service. Resolves once the first of these was asked to push
   * it, with how long that took beyond the wait for somebody to read the event.
   */
  async wake(phone: number): Promise<number> {
    const [watched] = this.services;
    const start = new Date(Date.now() + 86_400_000).toISOString();
    const publish = async (service: number): Promise<string> => {
      lastAppointment += 1;
      const data = {
        id: lastAppointment,
        provider_id: this.#userOf(service, phone),
        customer_id: null,
        start,
      };
      await this.parts.posts.post(JSON.stringify({ event: 'appointment.created', data }));
      return `appointment-${data.id}`;
    };
    const sentMs = performance.now();
    const [topic] = await Promise.all(this.services.map((_, service) => publish(service)));
    const isThere = () => watched?.asked.some(({ headers }) => headers['topic'] === topic) === true;
    while (!isThere()) await watched?.askedTimes(watched.asked.length + 1);
    return performance.now() - sentMs - WAIT_MS;
  }

  async end(): Promise<void> {
    const { roomcast, push, services, posts } = this.parts;
    posts.close();
    await push.stop();
    await roomcast.stop();
    await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
  }

  #userOf(service: number, phone: number): number {
    return service * this.phonesEach + phone + 1;
  }

  async #register(): Promise<void> {
    const all = this.services.flatMap(({ origin }, service) =>
      Array.from({ length: this.phonesEach }, (_, phone) => ({ origin, user: this.#userOf(service, phone) })),
    );
    const worker = async () => {
      for (let next = all.pop(); next !== undefined; next = all.pop()) await this.#registerOne(next);
    };
    await Promise.all(Array.from({ length: REGISTERED_AT_ONCE }, worker));
  }

  async #registerOne({ origin, user }: { readonly origin: string; readonly user: number }): Promise<void> {
    const subscription = new Subscriber().subscription(`${origin}/push/${user}`);
    const registration: Registration = { kind: 'webpush', subscription, language: 'en' };
    const url = `http://127.0.0.1:${this.parts.roomcast.pair.ports.client}/v1/devices/${crypto.randomUUID()}`;
    const answer = await fetch(url, {
      method: 'PUT',
      headers: { authorization: `Bearer ${signToken(SECRET, { role: 'provider', id: user })}` },
      body: JSON.stringify(registration),
    });
    if (answer.status !== 204) throw new Error(`a phone was not registered: ${answer.status}`);
  }
}
