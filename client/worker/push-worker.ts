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
      readonly data?: { readonly cursor?: string };
    };
  }

  /** Of a notification that is shown. */
  interface Shown {
    readonly navigate?: string;
    readonly cursor?: string;
  }

  worker.addEventListener('push', (event) => event.waitUntil(show(event.data)));

  worker.addEventListener('notificationclick', (event) => {
    event.notification.close();
    const { navigate = '' } = (event.notification.data ?? {}) as Shown;
    event.waitUntil(open(navigate));
  });

  worker.addEventListener('pushsubscriptionchange', (event) =>
    event.waitUntil(renew('newSubscription' in event ? event.newSubscription : null)),
  );

  async function show(message: PushMessageData | null): Promise<void> {
    const {
      title,
      body = '',
      lang = '',
      tag = '',
      navigate,
      data: { cursor } = {},
    } = notificationIn(message);
    const { registration } = worker;
    const [before] = await registration.getNotifications({ tag });
    // It takes the place of the one before it about the same, and tells of that where it is not the same again.
    const isNews = cursor === undefined || (before?.data as Shown | undefined)?.cursor !== cursor;
    const options = { body, lang, tag, renotify: tag !== '' && isNews, data: { navigate, cursor } };
    await registration.showNotification(title, options);
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
