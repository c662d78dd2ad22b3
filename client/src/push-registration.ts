import { RoomcastError } from './errors.ts';
import { failing, pushServer, type PushServerOptions } from './push-server.ts';
import type {
  PushSubscriptionLike,
  ServiceWorkerRegistrationLike,
  Surroundings,
} from './push-surroundings.ts';

/** `worker/push-worker.ts` has the same three. */
const CACHE = 'roomcast-push';
const KEPT = '/roomcast-push';
const CHANGED = 'roomcast-push-changed';

export interface PushOptions {
  /** The address of `push-worker.js`; or the registration of a worker of your own that imports it. */
  readonly serviceWorker: string | ServiceWorkerRegistrationLike;
  /** BCP 47, of what the notifications say; without it that of the browser. */
  readonly language?: string | undefined;
  /**
   * Answers a GET that brings the cookies with a token: the worker asks it when the browser changes the subscription while
   * no page is open. Without it the next page tells the server.
   */
  readonly tokenUrl?: string | undefined;
}

/** This browser, as the server knows it. */
export interface PushDevice {
  readonly id: string;
  /** For the end of a session: it is woken no more. */
  unregister(): Promise<void>;
}

/** What is kept for the worker, and for the next start. */
interface Kept {
  readonly id: string;
  readonly server: string;
  readonly key: string;
  readonly language: string;
  readonly tokenUrl?: string | undefined;
}

/** In a page, or what stands in for one. Its calls fail with a `RoomcastError`. */
export async function registerIn(
  page: Surroundings,
  options: PushServerOptions,
  { serviceWorker, language = page.navigator.language, tokenUrl }: PushOptions,
): Promise<PushDevice> {
  const { Notification, PushManager, caches, navigator } = page;
  const workers = navigator.serviceWorker;
  if (!workers || !PushManager || !Notification) {
    throw new RoomcastError('push_unsupported', 'this browser has no push, or not for this page');
  }
  // Before anything is waited for: a tap counts for a moment only.
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') throw new RoomcastError('push_denied', `the permission is ${permission}`);

  const wait = (ms: number) => new Promise<void>((then) => void page.setTimeout(then, ms));
  const server = pushServer(options, (url, request) => page.fetch(url, request), wait);
  const registration =
    typeof serviceWorker === 'string'
      ? await workers.register(serviceWorker).catch(failing('push_failed'))
      : serviceWorker;
  await untilActive(registration);
  const cache = await caches.open(CACHE);
  const kept = (await (await cache.match(KEPT))?.json()) as Kept | undefined;
  const key = await server.key();
  const id = kept?.id ?? page.crypto.randomUUID();
  const state: Kept = { id, server: server.base, key, language, tokenUrl };
  await cache.put(KEPT, new page.Response(JSON.stringify(state)) as never);

  const tell = async () => {
    const subscription = await subscribed(registration, key, page.btoa);
    await server.put(id, { kind: 'webpush', subscription: subscription.toJSON(), language });
  };
  await tell();
  const onMessage = ({ data }: { readonly data: unknown }) => {
    // What fails now is made good at the next start.
    if (data === CHANGED) tell().catch(() => undefined);
  };
  workers.addEventListener('message', onMessage);
  return {
    id,
    unregister: async () => {
      workers.removeEventListener('message', onMessage);
      // First what needs no network: the push service then says that it is gone.
      await (await registration.pushManager.getSubscription())?.unsubscribe();
      await caches.delete(CACHE);
      await server.remove(id);
    },
  };
}

/** A worker that is still being installed cannot be subscribed for. */
function untilActive({ active, waiting, installing }: ServiceWorkerRegistrationLike): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = installing ?? waiting;
    if (active || !worker) {
      resolve();
      return;
    }
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve();
      if (worker.state === 'redundant')
        reject(new RoomcastError('push_failed', 'the service worker was not installed'));
    });
  });
}

/** The subscription that is there, unless it is for another server's key. */
async function subscribed(
  { pushManager }: ServiceWorkerRegistrationLike,
  key: string,
  btoa: Surroundings['btoa'],
): Promise<PushSubscriptionLike> {
  const present = await pushManager.getSubscription();
  if (present && keyOf(present, btoa) === key) return present;
  await present?.unsubscribe();
  return pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: key })
    .catch(failing('push_failed'));
}

/** In base64url, as servers write it. */
function keyOf({ options }: PushSubscriptionLike, btoa: Surroundings['btoa']): string {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
