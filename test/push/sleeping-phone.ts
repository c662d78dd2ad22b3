import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Registration } from '../../shared/devices/device.ts';
import { bearer } from '../support/wires.ts';
import type { Asked, PushService } from '../../tools/push-service/push-service.ts';
import { pushEnvWith } from '../../tools/push-service/push-env.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';
import { vapidKeys } from './vapid-keys.ts';

const Message = z.object({
  notification: z.object({
    title: z.string(),
    body: z.string(),
    navigate: z.string(),
    tag: z.string(),
    data: z.record(z.string(), z.string()),
  }),
});

/** Of what a phone is shown. */
export type Shown = z.infer<typeof Message>['notification'];

/** What push and delivery need, with push services of this machine. */
export function pushEnv(services: readonly PushService[], extra: Readonly<Record<string, string>> = {}) {
  return pushEnvWith(vapidKeys, services, extra);
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

  /** With a delivery, as its user. */
  async registerAt(host: string, token: string, language?: string): Promise<void> {
    const answer = await fetch(`http://${host}/v1/devices/${this.id}`, {
      method: 'PUT',
      headers: bearer(token),
      body: JSON.stringify(this.registration(language)),
    });
    if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  get asked(): readonly Asked[] {
    return this.service.asked.filter(({ path }) => path === this.path);
  }

  /** In the order in which it came. */
  get shown(): readonly Shown[] {
    return this.asked.map(({ body }) => this.read(body));
  }

  /** What it shows of a message, which nobody else can decrypt. */
  read(body: Buffer): Shown {
    return Message.parse(JSON.parse(this.#subscriber.decrypt(body).toString())).notification;
  }

  async shows(count: number): Promise<readonly Shown[]> {
    while (this.asked.length < count) await this.service.askedTimes(this.service.asked.length + 1);
    return this.shown;
  }
}
