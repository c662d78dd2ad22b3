import { randomUUID } from 'node:crypto';
import type { Surroundings } from '../../../client/src/push-surroundings.ts';
import type { PushSubscriptionLike, ServiceWorkerRegistrationLike } from '../../../client/src/push.ts';

/** What a browser has for push, without one; its HTTP is real. */
export class FakeBrowser {
  readonly did: string[] = [];
  readonly waitedMs: number[] = [];
  permission = 'granted';
  installs = true;
  refusal: Error | undefined;
  subscription: PushSubscriptionLike | null = null;
  #kept: string | undefined;
  #made = 0;
  readonly #listeners = new Set<(event: { data: unknown }) => void>();
  #isInstalled = false;

  /** Of a worker that is active. */
  get registration(): ServiceWorkerRegistrationLike {
    const worker = { state: 'activated', addEventListener: () => undefined };
    return { active: worker, waiting: null, installing: null, pushManager: this.#pushManager };
  }

  /** The first time it is not active yet. */
  #install(url: string): ServiceWorkerRegistrationLike {
    if (this.#isInstalled) return this.registration;
    const worker = {
      state: 'installing',
      addEventListener: (_type: string, listener: () => void) =>
        setImmediate(() => {
          worker.state = this.installs ? 'activated' : 'redundant';
          if (this.installs) this.did.push(`installed ${url}`);
          this.#isInstalled = this.installs;
          listener();
        }),
    };
    return { active: null, waiting: null, installing: worker, pushManager: this.#pushManager };
  }

  readonly #pushManager: ServiceWorkerRegistrationLike['pushManager'] = {
    getSubscription: () => Promise.resolve(this.subscription),
    subscribe: ({ applicationServerKey }) => {
      if (this.refusal !== undefined) return Promise.reject(this.refusal);
      this.did.push(`subscribed with ${applicationServerKey}`);
      return Promise.resolve((this.subscription = this.#subscription(applicationServerKey)));
    },
  };

  #subscription(key: string): PushSubscriptionLike {
    const endpoint = `https://push.example/${(this.#made += 1)}`;
    return {
      endpoint,
      options: { applicationServerKey: Uint8Array.from(Buffer.from(key, 'base64url')).buffer },
      toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: 'p', auth: 'a' } }),
      unsubscribe: () => {
        this.did.push('unsubscribed');
        this.subscription = null;
        return Promise.resolve(true);
      },
    };
  }

  /** For the worker and the next start. */
  get kept(): unknown {
    const kept: unknown = this.#kept === undefined ? undefined : JSON.parse(this.#kept);
    return kept;
  }

  /** A message of a worker. */
  post(data: unknown): void {
    for (const listener of [...this.#listeners]) listener({ data });
  }

  get page(): Surroundings {
    return {
      fetch,
      btoa,
      Response: class {
        constructor(readonly text: string) {}
      },
      crypto: { randomUUID },
      setTimeout: (then, ms) => {
        this.waitedMs.push(ms);
        queueMicrotask(then);
      },
      caches: {
        open: () =>
          Promise.resolve({
            match: () =>
              Promise.resolve(
                this.#kept === undefined ? undefined : { json: () => Promise.resolve(this.kept) },
              ),
            put: (_key, { text }: { text: string }) => Promise.resolve(void (this.#kept = text)),
          }),
        delete: () => {
          this.#kept = undefined;
          return Promise.resolve(true);
        },
      },
      PushManager: {},
      Notification: {
        requestPermission: () => {
          this.did.push('asked for permission');
          return Promise.resolve(this.permission);
        },
      },
      navigator: {
        language: 'en-GB',
        serviceWorker: {
          register: (url) =>
            url === '/nowhere.js'
              ? Promise.reject(new TypeError('404'))
              : Promise.resolve(this.#install(url)),
          addEventListener: (_type, listener) => this.#listeners.add(listener),
          removeEventListener: (_type, listener) => this.#listeners.delete(listener),
        },
      },
    };
  }
}
