import type { Fetch } from './push-server.ts';

/** A subscription of a browser, as far as it is used. */
export interface PushSubscriptionLike {
  readonly endpoint: string;
  readonly options: { readonly applicationServerKey: ArrayBuffer | null };
  toJSON(): unknown;
  unsubscribe(): Promise<boolean>;
}

interface WorkerLike {
  readonly state: string;
  addEventListener(type: 'statechange', listener: () => void): void;
}

/** What `navigator.serviceWorker.register()` gives. */
export interface ServiceWorkerRegistrationLike {
  readonly active: WorkerLike | null;
  readonly waiting: WorkerLike | null;
  readonly installing: WorkerLike | null;
  readonly pushManager: {
    getSubscription(): Promise<PushSubscriptionLike | null>;
    subscribe(options: {
      userVisibleOnly: boolean;
      applicationServerKey: string;
    }): Promise<PushSubscriptionLike>;
  };
}

type OnMessage = (event: { readonly data: unknown }) => void;

/** The page that this runs in, as far as a browser has push. */
export interface Surroundings {
  readonly fetch: Fetch;
  readonly setTimeout: (then: () => void, ms: number) => unknown;
  readonly btoa: (bytes: string) => string;
  readonly crypto: { randomUUID(): string };
  readonly Response: new (body: string) => unknown;
  readonly caches: {
    open(name: string): Promise<{
      match(key: string): Promise<{ json(): Promise<unknown> } | undefined>;
      put(key: string, value: never): Promise<void>;
    }>;
    delete(name: string): Promise<boolean>;
  };
  readonly Notification?: { requestPermission(): Promise<string> };
  readonly PushManager?: unknown;
  readonly navigator: {
    readonly language: string;
    readonly serviceWorker?: {
      register(url: string): Promise<ServiceWorkerRegistrationLike>;
      addEventListener(type: 'message', listener: OnMessage): void;
      removeEventListener(type: 'message', listener: OnMessage): void;
    };
  };
}
