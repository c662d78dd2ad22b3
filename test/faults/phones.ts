import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PushService, type Asked, type Reply } from '../../tools/push-service/push-service.ts';
import { pushEnv, SleepingPhone, type Shown } from '../push/sleeping-phone.ts';
import { tokenFor } from '../support/tokens.ts';
import type { Named } from './population.ts';

/** Registrations at a time. */
const REGISTER_AT_ONCE = 10;

const TAKEN = 201;

/** What a phone was brought by its push service. */
export interface Notice {
  readonly atMs: number;
  readonly shown: Shown;
}

interface Reached {
  readonly room: string;
  readonly phone: SleepingPhone;
  readonly notices: Notice[];
}

/** Somebody's phone: what its push service brings is all that it knows while its app is closed. */
export interface Phone {
  readonly name: string;
  /** Of its user. */
  readonly room: string;
  readonly notices: readonly Notice[];
}

/** Everybody's phones, and the push service that reaches them. */
export class Phones {
  readonly all: readonly Phone[];
  /** What the push service answers, by room. */
  statusFor: (room: string) => number = () => TAKEN;
  readonly #byPath = new Map<string, Reached>();
  readonly #owners: readonly (Named & { readonly phone: SleepingPhone })[];
  #waiters: (() => void)[] = [];

  private constructor(
    private readonly service: PushService,
    people: readonly Named[],
  ) {
    this.#owners = people.map((person) => ({ ...person, phone: new SleepingPhone(service) }));
    this.all = this.#owners.map(({ role, id, phone }) => {
      const [room, notices]: [string, Notice[]] = [`${role}_${id}`, []];
      this.#byPath.set(phone.path, { room, phone, notices });
      return { name: `the phone of ${role} ${id}`, room, notices };
    });
    service.respond = (asked) => this.#answer(asked);
  }

  static async start(people: readonly Named[]): Promise<Phones> {
    return new Phones(await PushService.start(), people);
  }

  /** For the services, which have to trust the push service. */
  env(folder: string): Record<string, string> {
    const file = join(folder, 'push-service.pem');
    writeFileSync(file, this.service.ca);
    return pushEnv([this.service], {
      PUSH_AFTER_SECONDS: '20',
      PUSH_GATHER_MS: '2000',
      NODE_EXTRA_CA_CERTS: file,
    });
  }

  /** Each with a delivery. */
  async register(ports: readonly number[], secret: string): Promise<void> {
    for (let from = 0; from < this.#owners.length; from += REGISTER_AT_ONCE) {
      await Promise.all(
        this.#owners.slice(from, from + REGISTER_AT_ONCE).map(({ role, id, phone }, index) => {
          const host = `127.0.0.1:${ports[index % ports.length] ?? 0}`;
          return phone.registerAt(host, tokenFor(role, id, { secret }));
        }),
      );
    }
  }

  /** Resolves once one more notification was taken, and its answer is on the way. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  close(): Promise<void> {
    return this.service[Symbol.asyncDispose]();
  }

  #answer({ path, body }: Asked): Reply {
    const owner = this.#byPath.get(path);
    if (owner === undefined) return { status: 404 };
    const status = this.statusFor(owner.room);
    if (status !== TAKEN) return { status };
    owner.notices.push({ atMs: performance.now(), shown: owner.phone.read(body) });
    for (const resolve of this.#waiters.splice(0)) resolve();
    return { status };
  }
}
