import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Unauthorized } from '../../client/src/errors.ts';
import { registerIn, type PushOptions } from '../../client/src/push-registration.ts';
import type { Surroundings } from '../../client/src/push-surroundings.ts';
import type { GetToken } from '../../client/src/tokens.ts';
import { DeviceServer } from './support/device-server.ts';
import { FakeBrowser } from './support/fake-browser.ts';

let server: DeviceServer;
let browser: FakeBrowser;
beforeEach(async () => {
  server = await DeviceServer.start();
  browser = new FakeBrowser();
});
afterEach(() => server[Symbol.asyncDispose]());

interface Differently extends Partial<PushOptions> {
  readonly page?: Surroundings;
  readonly url?: string;
  readonly getToken?: GetToken;
}
function register({ page = browser.page, url, getToken = () => server.token, ...options }: Differently = {}) {
  const address = url === undefined ? { serverUrl: server.url } : { url };
  return registerIn(page, { ...address, getToken }, { serviceWorker: '/worker.js', ...options });
}

describe('registerPush', () => {
  it('asks for the permission before anything else, since a tap counts for a moment only', () => {
    void register().catch(() => undefined);
    expect(browser.did).toEqual(['asked for permission']);
  });

  it('does nothing without the permission', async () => {
    browser.permission = 'denied';
    await expect(register()).rejects.toMatchObject({ code: 'push_denied' });
    expect([browser.did, server.asked]).toEqual([['asked for permission'], []]);
  });

  it.each(['Notification', 'PushManager'] as const)('says so where a browser has no %s', async (name) => {
    const page = { ...browser.page, [name]: undefined };
    await expect(register({ page })).rejects.toMatchObject({ code: 'push_unsupported' });
  });

  it('says so where a page has no service workers, as by http', async () => {
    const page = { ...browser.page, navigator: { language: 'en' } };
    await expect(register({ page })).rejects.toMatchObject({ code: 'push_unsupported' });
  });

  it('subscribes with the key of the server once the worker is active, and registers that', async () => {
    const { id } = await register();
    expect(browser.did).toEqual([
      'asked for permission',
      'installed /worker.js',
      `subscribed with ${server.key}`,
    ]);
    expect(server.asked).toEqual(['GET /v1/push/key', `PUT /v1/devices/${id}`]);
    expect(server.devices.get(id)).toMatchObject({ kind: 'webpush', language: 'en-GB' });
  });

  it('takes the address of the WebSocket as well', async () => {
    await register({ url: `${server.url.replace('http', 'ws')}/ws` });
    expect(server.devices.size).toBe(1);
  });

  it('takes the registration of a worker that the app has already', async () => {
    await register({ serviceWorker: browser.registration });
    expect(browser.did).not.toContain('installed /worker.js');
    expect(server.devices.size).toBe(1);
  });

  it('keeps subscription and id from start to start, for whoever is signed in', async () => {
    const { id } = await register();
    const again = await register({ language: 'pt-BR' });
    expect(again.id).toBe(id);
    expect(browser.did.filter((what) => what.startsWith('subscribed'))).toHaveLength(1);
    expect(server.devices.get(id)?.language).toBe('pt-BR');
  });

  it('subscribes anew where the server has another key by now', async () => {
    await register();
    server.key = `B${'-_'.repeat(43)}`;
    await register();
    expect(browser.did.slice(-2)).toEqual(['unsubscribed', `subscribed with ${server.key}`]);
    expect(server.devices.size).toBe(1);
  });

  it('keeps nothing of the token for the worker', async () => {
    const { id } = await register({ tokenUrl: '/token' });
    const kept = { id, server: server.url, key: server.key, language: 'en-GB', tokenUrl: '/token' };
    expect(browser.kept).toEqual(kept);
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'push_failed'],
    [404, 'push_off'],
  ])('fails where the server answers %d, as %s', async (status, code) => {
    server.refusals.push({ status });
    await expect(register()).rejects.toMatchObject({ code });
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['nobody is signed in', () => null, 'unauthorized'],
    ['the session is over', () => Promise.reject(new Unauthorized()), 'unauthorized'],
    ['no token can be had', () => Promise.reject(new Error('offline')), 'token_failed'],
  ])('fails where %s', async (_what, getToken, code) => {
    await expect(register({ getToken })).rejects.toMatchObject({ code });
    expect(server.asked).toEqual([]);
  });

  it('fails where the server cannot be reached', async () => {
    await expect(register({ url: 'ws://127.0.0.1:1/ws' })).rejects.toMatchObject({ code: 'push_failed' });
  });

  it('fails where there is no worker at that address', async () => {
    await expect(register({ serviceWorker: '/nowhere.js' })).rejects.toMatchObject({ code: 'push_failed' });
  });

  it('tries again when a server that cannot answer now says', async () => {
    const unavailable = { status: 503, headers: { 'retry-after': '7' } };
    server.refusals.push(unavailable, unavailable, { status: 503, headers: { 'retry-after': '9000' } });
    await register();
    expect(browser.waitedMs).toEqual([7_000, 7_000, 30_000]);
    expect(server.devices.size).toBe(1);
  });

  it('gives up on one that cannot answer for long', async () => {
    server.refusals.push(...Array.from({ length: 4 }, () => ({ status: 503 })));
    await expect(register()).rejects.toMatchObject({ code: 'push_failed' });
    expect(browser.waitedMs).toEqual([2_000, 2_000, 2_000]);
  });

  it('fails where the push service of the browser does not answer', async () => {
    browser.refusal = new Error('push service not available');
    await expect(register()).rejects.toMatchObject({
      code: 'push_failed',
      message: 'push service not available',
    });
  });

  it('fails where the worker is not installed', async () => {
    browser.installs = false;
    await expect(register()).rejects.toMatchObject({ code: 'push_failed' });
  });
});

describe('a registered device', () => {
  it('is registered anew when the worker says that the subscription has changed', async () => {
    const { id } = await register();
    const registered = server.registered();
    browser.subscription = null;
    browser.post('something of the app');
    browser.post('roomcast-push-changed');
    await registered;
    expect(server.asked.slice(2)).toEqual([`PUT /v1/devices/${id}`]);
    expect(server.devices.get(id)?.subscription.endpoint).toBe('https://push.example/2');
  });

  it('is unsubscribed before the server is told, and forgotten by the worker', async () => {
    const push = await register();
    server.refusals.push({ status: 500 });
    await expect(push.unregister()).rejects.toMatchObject({ code: 'push_failed' });
    expect([browser.subscription, browser.kept]).toEqual([null, undefined]);
    await push.unregister();
    expect(server.devices.size).toBe(0);
    browser.post('roomcast-push-changed');
    expect(browser.subscription).toBeNull();
  });

  it('is another one after that', async () => {
    const push = await register();
    await push.unregister();
    expect((await register()).id).not.toBe(push.id);
  });
});
