import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Registration } from '../../shared/devices/device.ts';
import { PushService, type Asked, type Reply } from '../push-service/push-service.ts';
import { Subscriber } from '../push-service/subscriber.ts';

/** More pages than somebody has open; the phone that was closed first goes. */
const MAX_PHONES = 20;
const MAX_KEPT = 20;

const Message = z.object({
  notification: z.object({ title: z.string(), body: z.string(), tag: z.string() }),
});

/** What a closed phone shows. */
export interface Rung {
  readonly title: string;
  readonly body: string;
  /** One takes the place of the one before it with the same. */
  readonly tag: string;
}

interface Phone {
  readonly subscriber: Subscriber;
  rung: readonly Rung[];
}

/** A push service of this machine, and the phones that subscribe with it: they read what push encrypts for them, and nobody else can. */
export class ClosedPhones {
  readonly #phones = new Map<string, Phone>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'roomcast-demo-'));

  private constructor(private readonly service: PushService) {
    service.respond = (asked) => this.#ring(asked);
  }

  static async start(): Promise<ClosedPhones> {
    return new ClosedPhones(await PushService.start());
  }

  get host(): string {
    return new URL(this.service.origin).host;
  }

  /** Writes a file with its certificate, and with those that are trusted already. */
  certificates(trusted: string | undefined): string {
    const file = join(this.#folder, 'certificates.pem');
    const others = trusted === undefined ? '' : `${readFileSync(trusted, 'utf8')}\n`;
    writeFileSync(file, `${others}${this.service.ca}`);
    return file;
  }

  /** What the phone of this name registers as it is closed; it shows nothing yet. */
  closed(name: string): Registration {
    const subscriber = new Subscriber();
    this.#phones.delete(name);
    this.#phones.set(name, { subscriber, rung: [] });
    const [oldest] = this.#phones.keys();
    if (this.#phones.size > MAX_PHONES && oldest !== undefined) this.#phones.delete(oldest);
    const subscription = subscriber.subscription(`${this.service.origin}/${name}`);
    return { kind: 'webpush', subscription, language: 'en' };
  }

  opened(name: string): void {
    this.#phones.delete(name);
  }

  /** The newest first. */
  shownBy(name: string): readonly Rung[] {
    return this.#phones.get(name)?.rung ?? [];
  }

  async close(): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }

  #ring({ path, body }: Asked): Reply {
    const phone = this.#phones.get(path.slice(1));
    if (phone === undefined) return { status: 410 };
    const { notification } = Message.parse(JSON.parse(phone.subscriber.decrypt(body).toString()));
    const others = phone.rung.filter(({ tag }) => tag !== notification.tag);
    phone.rung = [notification, ...others].slice(0, MAX_KEPT);
    this.service.asked.splice(0);
    return { status: 201 };
  }
}
