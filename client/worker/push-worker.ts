// A service worker whole: no import and no export, so that it is served, or imported by another worker, as it is.

{
  const worker = self as unknown as ServiceWorkerGlobalScope;
  /** `src/push-registration.ts` has the same three. */
  const CACHE = 'roomcast-push';
  const KEPT = '/roomcast-push';
  const CHANGED = 'roomcast-push-changed';

  /** What `registerPush` has kept. */
  interface Kept {
    readonly id: string;
    readonly server: string;
    readonly key: string;
    readonly language: string;
    readonly tokenUrl?: string;
  }

  /** Declarative Web Push, which Safari shows without asking a worker. */
  interface Message {
    readonly notification: {
      readonly title: string;
      readonly body?: string;
      readonly lang?: string;
      readonly tag?: string;
      readonly navigate?: string;
    };
  }

  worker.addEventListener('push', (event) => event.waitUntil(show(event.data)));

  worker.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(open(String(event.notification.data ?? '')));
  });

  worker.addEventListener('pushsubscriptionchange', (event) =>
    event.waitUntil(renew('newSubscription' in event ? event.newSubscription : null)),
  );

  async function show(data: PushMessageData | null): Promise<void> {
    const { title, body = '', lang = '', tag = '', navigate } = notificationIn(data);
    // It takes the place of the one before it about the same, and tells of that.
    const options = { body, lang, tag, renotify: tag !== '', data: navigate };
    await worker.registration.showNotification(title, options);
  }

  /** A browser that is woken has to show something, whatever came. */
  function notificationIn(data: PushMessageData | null): Message['notification'] {
    try {
      const message = data?.json() as Message | undefined;
      if (message?.notification.title) return message.notification;
    } catch {
      // No JSON.
    }
    return { title: worker.location.host };
  }

  async function open(navigate: string): Promise<void> {
    const { href } = new URL(navigate, worker.registration.scope);
    const window = (await windows()).find(({ url }) => url === href);
    await (window ? window.focus() : worker.clients.openWindow(href));
  }

  /** The browser has ended a subscription: makes a new one, and tells the server, or a page that can. */
  async function renew(fresh: unknown): Promise<void> {
    const kept = (await (await (await caches.open(CACHE)).match(KEPT))?.json()) as Kept | undefined;
    if (kept === undefined) return;
    const { id, server, key, language, tokenUrl } = kept;
    const subscription =
      fresh ??
      (await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
    for (const window of await windows()) window.postMessage(CHANGED);
    if (tokenUrl === undefined) return;
    const token = await (await fetch(tokenUrl, { credentials: 'include' })).text();
    await fetch(`${server}/v1/devices/${id}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'webpush', subscription, language }),
    });
  }

  function windows(): Promise<readonly WindowClient[]> {
    return worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  }
}
