import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { findChromium, launch } from '../monitoring/chromium.ts';
import { skippedFor } from '../support/skipped.ts';
import { DeviceServer } from './support/device-server.ts';
import { pack, type Packed } from './support/package.ts';
import { PushPage } from './support/push-page.ts';

const found = await findChromium();
const obstacle = 'missing' in found ? found.missing : undefined;

const notification = {
  title: 'Termin geändert',
  body: 'Haarschnitt, Do., 3. Dez. 2026, 10:00',
  lang: 'de',
  navigate: 'https://office.example/appointments/12',
  tag: 'appointment-12',
  data: {
    event: 'appointment.updated',
    appointment_id: '12',
    cursor: '019ab0c2-5e00-7000-8000-000000000001',
  },
};
const message = (more: Partial<typeof notification> = {}) =>
  JSON.stringify({ web_push: 8030, notification: { ...notification, ...more } });

(obstacle === undefined ? describe : describe.skip)(`push in Chromium${skippedFor(obstacle)}`, () => {
  let browser: Browser;
  let packed: Packed;
  let devices: DeviceServer;
  let app: PushPage;
  beforeAll(async () => {
    packed = pack();
    browser = await launch('path' in found ? found.path : '');
  });
  afterAll(async () => {
    await browser.close();
    packed[Symbol.dispose]();
  });
  beforeEach(async () => {
    devices = await DeviceServer.start();
    app = await PushPage.open(browser, packed, devices);
  });
  afterEach(async () => {
    expect(app.errors).toEqual([]);
    await app[Symbol.asyncDispose]();
    await devices[Symbol.asyncDispose]();
  });
  const endpoints = () => [...devices.devices.values()].map(({ subscription }) => subscription.endpoint);

  it('is registered with the server on another origin, in the language of the browser', async () => {
    const id = await app.register();
    expect(Object.fromEntries(devices.devices)).toEqual({
      [id]: {
        kind: 'webpush',
        subscription: { endpoint: 'https://push.example/Window1', keys: { p256dh: 'p', auth: 'a' } },
        language: 'de-DE',
      },
    });
  });

  it('stays the same device over a reload', async () => {
    const id = await app.register();
    await app.reload();
    expect(await app.register({ language: 'fr' })).toBe(id);
    expect([...devices.devices.values()].map(({ language }) => language)).toEqual(['fr']);
  });

  it('shows what the server sends', async () => {
    await app.register();
    await app.deliver(message());
    const { title, body, lang, tag, navigate } = notification;
    const data = { navigate, cursor: notification.data.cursor };
    expect(await app.shown).toEqual([{ title, body, lang, tag, renotify: true, data }]);
  });

  it('tells of what is new about an appointment, and is silent about the same again', async () => {
    await app.register();
    const renotifies = async () => (await app.shown).map(({ renotify }) => renotify);
    const later = { ...notification.data, cursor: '019ab0c2-5e00-7000-8000-000000000002' };
    await app.deliver(message());
    await app.deliver(message());
    expect(await renotifies()).toEqual([false]);
    await app.deliver(message({ data: later }));
    expect(await renotifies()).toEqual([true]);
  });

  it('shows one notification for each appointment, the newest', async () => {
    await app.register();
    await app.deliver(message());
    await app.deliver(message({ tag: 'appointment-13' }));
    await app.deliver(message({ title: 'Termin abgesagt' }));
    expect((await app.shown).map(({ tag, title }) => `${tag}: ${title}`).sort()).toEqual([
      'appointment-12: Termin abgesagt',
      'appointment-13: Termin geändert',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['no notification', '{}'],
    ['a notification without a title', '{"notification":{}}'],
  ])('shows where it is from when it is sent %s', async (_what, data) => {
    await app.register();
    await app.deliver(data);
    expect(await app.shown).toMatchObject([{ title: new URL(app.origin).host, tag: '' }]);
  });

  const tap = `new NotificationEvent('notificationclick', { notification: (await registration.getNotifications())[0] })`;

  it('opens what a tap is for, and closes the notification', async () => {
    await app.register();
    await app.deliver(message());
    await app.dispatch(tap);
    expect(await app.inWorker('seen')).toEqual([`opened ${notification.navigate}`]);
    expect(await app.shown).toEqual([]);
  });

  it('brings the page to the front that shows it already', async () => {
    await app.register();
    const navigate = app.page.url();
    await app.deliver(message({ navigate }));
    await app.dispatch(tap);
    expect(await app.inWorker('seen')).toEqual([`focused ${navigate}`]);
  });

  it('opens the app where a message does not say what', async () => {
    await app.register();
    await app.deliver('hello');
    await app.dispatch(tap);
    expect(await app.inWorker('seen')).toEqual([`opened ${app.origin}/`]);
  });

  const change = `new ExtendableEvent('pushsubscriptionchange')`;

  it('has a page register the new subscription when the browser has changed it', async () => {
    await app.register();
    await app.page.evaluate(
      'navigator.serviceWorker.ready.then(({ pushManager }) => pushManager.getSubscription()).then((one) => one.unsubscribe())',
    );
    const registered = devices.registered();
    await app.dispatch(change);
    await registered;
    expect(endpoints()).toEqual(['https://push.example/Window2']);
  });

  it('registers it by itself with a token that its cookies are good for, while no page is open', async () => {
    await app.register({ tokenUrl: '/token' });
    await app.leave();
    await app.dispatch(change);
    expect(endpoints()).toEqual(['https://push.example/ServiceWorkerGlobalScope1']);
  });

  it('leaves it to the next page where there is none and no way to a token', async () => {
    await app.register();
    await app.leave();
    await app.dispatch(change);
    expect(endpoints()).toEqual(['https://push.example/Window1']);
  });

  it('is gone once it is unregistered', async () => {
    await app.register();
    await app.page.evaluate('push.unregister()');
    expect(devices.devices.size).toBe(0);
    await app.dispatch(change);
    expect(await app.inWorker('registration.pushManager.getSubscription()')).toBeNull();
  });
});
