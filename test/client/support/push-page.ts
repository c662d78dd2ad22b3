import { build } from 'esbuild';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page, Worker } from 'playwright-core';
import type { Packed } from './package.ts';

/**
 * No push service can be had by a Chromium of a test: its part of a subscription is stood in for, in pages and in the worker.
 * Each subscription has an endpoint of its own.
 */
const SUBSCRIPTIONS = `
  {
    let present = null, made = 0;
    const bytes = (key) => Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    PushManager.prototype.getSubscription = async () => present;
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => (present = {
      endpoint: 'https://push.example/' + globalThis.constructor.name + (made += 1),
      options: { applicationServerKey: bytes(applicationServerKey).buffer },
      toJSON() {
        return { endpoint: this.endpoint, expirationTime: null, keys: { p256dh: 'p', auth: 'a' } };
      },
      unsubscribe: async () => ((present = null), true),
    });
  }`;

/** Says when the worker is done with an event, also with one that only a test has dispatched; and what it opens or focuses. */
const WATCHED = `
  {
    const waiting = [];
    let wake = () => {};
    const extend = ExtendableEvent.prototype.waitUntil;
    ExtendableEvent.prototype.waitUntil = function (work) {
      if (this.isTrusted) extend.call(this, work);
      waiting.push(work);
      wake();
    };
    self.handled = async () => {
      while (waiting.length === 0) await new Promise((then) => (wake = then));
      await waiting.shift();
    };
    self.seen = [];
    clients.openWindow = async (url) => void seen.push('opened ' + url);
    WindowClient.prototype.focus = async function () {
      seen.push('focused ' + this.url);
    };
  }`;

const SESSION = 'session=of-provider-4';

const APP = `
  import { registerPush } from '@roomcast/client/push';
  const query = new URLSearchParams(location.search);
  window.register = (more) =>
    registerPush(
      { serverUrl: query.get('server'), getToken: async () => (await fetch('/token')).text() },
      { serviceWorker: '/push-worker.js', ...more },
    );
  document.title = 'ready';`;

/** The app of a user: a page with the package as it is packed, its worker, and tokens for whoever brings the cookie. */
export class PushPage implements AsyncDisposable {
  #watched: Worker | undefined;
  #registrationId: string | undefined;

  private constructor(
    private readonly server: Server,
    private readonly context: BrowserContext,
    readonly page: Page,
    readonly errors: readonly string[],
    private readonly session: CDPSession,
    readonly origin: string,
  ) {}

  static async open(
    browser: Browser,
    packed: Packed,
    devices: { url: string; token: string },
  ): Promise<PushPage> {
    const { outputFiles } = await build({
      stdin: { contents: APP, resolveDir: packed.app },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const files: Record<string, readonly [type: string, text: string]> = {
      '/': [
        'text/html',
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/app.js"></script>',
      ],
      '/app.js': ['text/javascript', outputFiles[0]?.text ?? ''],
      '/push-worker.js': [
        'text/javascript',
        readFileSync(join(packed.folder, 'dist/push-worker.js'), 'utf8'),
      ],
      '/token': ['text/plain', devices.token],
    };
    const server = createServer(({ url = '', headers }, response) => {
      const { pathname } = new URL(url, 'http://app');
      const [type, text] = files[pathname] ?? [];
      const isRefused = pathname === '/token' && headers.cookie !== SESSION;
      response.setHeader('set-cookie', SESSION).setHeader('content-type', type ?? 'text/plain');
      response.writeHead(text === undefined ? 404 : isRefused ? 401 : 200).end(text);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const context = await browser.newContext({ locale: 'de-DE' });
    await context.grantPermissions(['notifications'], { origin });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.addInitScript(SUBSCRIPTIONS);
    const session = await context.newCDPSession(page);
    await page.goto(`${origin}/?server=${devices.url}`);
    await page.waitForFunction('document.title === "ready"');
    return new PushPage(server, context, page, errors, session, origin);
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.waitForFunction('document.title === "ready"');
  }

  /** No page of the app is open any more. */
  async leave(): Promise<void> {
    await this.page.goto('about:blank');
  }

  async register(more: object = {}): Promise<string> {
    return this.page.evaluate<string>(
      `register(${JSON.stringify(more)}).then((push) => (window.push = push).id)`,
    );
  }

  /** As a push service would, once the browser has decrypted it. */
  async deliver(data: string): Promise<void> {
    const registrationId = (this.#registrationId ??= await this.#registered());
    // Watches it from before the event on.
    await this.inWorker('typeof handled');
    await this.session.send('ServiceWorker.deliverPushMessage', {
      origin: this.origin,
      registrationId,
      data,
    });
    await this.inWorker('handled()');
  }

  #registered(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [registration] }) => {
        if (registration !== undefined) resolve(registration.registrationId);
      });
      this.session.send('ServiceWorker.enable').catch(reject);
    });
  }

  /** An event that only a browser can bring about. */
  async dispatch(event: string): Promise<void> {
    await this.inWorker(`(async () => { dispatchEvent(${event}); await handled(); })()`);
  }

  async inWorker<Value>(expression: string): Promise<Value> {
    const worker = this.context.serviceWorkers()[0] ?? (await this.context.waitForEvent('serviceworker'));
    if (this.#watched !== worker) await worker.evaluate(SUBSCRIPTIONS + WATCHED);
    this.#watched = worker;
    return worker.evaluate<Value>(expression);
  }

  get shown(): Promise<
    readonly { readonly title: string; readonly tag: string; readonly renotify: boolean }[]
  > {
    return this.inWorker(
      `registration.getNotifications().then((all) => all.map(({ title, body, lang, tag, renotify, data }) => ({ title, body, lang, tag, renotify, data })))`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }
}
