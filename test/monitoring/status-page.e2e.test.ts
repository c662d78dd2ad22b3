import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startOwnBroker, type TestBroker } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, TEST_MS, WAIT_MS } from '../support/time.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { World } from '../support/world.ts';
import { findChromium, launch } from './chromium.ts';
import {
  backgroundOf,
  cardsOf,
  focusOf,
  movingElements,
  plotsPaintedIn,
  scrollWidthOf,
  tooWide,
} from './in-page.ts';

const found = await findChromium();
const inBrowser = 'path' in found ? describe : describe.skip;
const obstacle = 'missing' in found ? found.missing : undefined;

const SLOW_MS = scaledMs(TEST_MS);
const DEADLINE_MS = scaledMs(WAIT_MS);
/** What the page promises: who looks at it knows within this. */
const TOLD_WITHIN_MS = scaledMs(5_000);
const PUBLISH_EVERY_MS = 50;
const PHONE = { width: 360, height: 740 };

let browser: Browser;
let broker: TestBroker;
let ingest: World;
let delivery: World;

beforeAll(async () => {
  if (!('path' in found)) return;
  [browser, broker] = await Promise.all([launch(found.path), startOwnBroker()]);
  const amqpUrl = broker.handle.url;
  ingest = await World.start({ amqpUrl, deliveries: 0 });
  const env = { STATUS_PEERS: `http://127.0.0.1:${ingest.ingests[0]?.healthPort ?? 0}` };
  delivery = await World.start({ amqpUrl, ingests: 0, env });
}, SLOW_MS);
afterAll(async () => {
  if (!('path' in found)) return;
  await browser.close();
  await delivery[Symbol.asyncDispose]();
  await ingest[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
}, SLOW_MS);

/** The page with everything on it, and what went wrong in its console. */
async function open(options: BrowserContextOptions = {}, world = delivery) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`http://127.0.0.1:${world.healthPort()}/`);
  await page.locator('.service').first().waitFor();
  return { page, complaints, asked, [Symbol.asyncDispose]: () => context.close() };
}

/** A backend that does not mind a 503. */
async function publishInVain(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await ingest.post('/v1/events', appointment());
    await delay(PUBLISH_EVERY_MS);
  }
}

const sentence = (page: Page, text: string) =>
  page.locator('#sentence', { hasText: text }).waitFor({ state: 'visible' });

inBrowser(`the status page in a browser${skippedFor(obstacle)}`, () => {
  it(
    'shows the numbers of both services, in figures beside each plot',
    async () => {
      await using client = await delivery.join('provider', 4);
      await ingest.publish(appointment());
      await client.events(1);
      await using opened = await open();
      const { page, complaints } = opened;
      await sentence(page, 'All is well.');
      expect(await page.locator('.service h2').allTextContents()).toEqual(['Ingest', 'Delivery']);
      await page.locator('.service canvas').nth(7).waitFor();
      const sessions = page.locator('figure').getByRole('row', { name: 'sessions' });
      await sessions.getByRole('cell', { name: '1', exact: true }).first().waitFor();
      const roles = page.locator('section', { hasText: 'Sessions now, by role' }).last();
      expect(await roles.getByRole('row', { name: 'provider' }).getByRole('cell').textContent()).toBe('1');
      expect(await page.locator('figure table caption').count()).toBe(8);
      expect(complaints).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'asks nobody but the service that it came from',
    async () => {
      await using opened = await open();
      const { page, asked } = opened;
      await page.waitForResponse((response) => response.url().includes('since='));
      expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set([new URL(page.url()).origin]));
    },
    SLOW_MS,
  );

  it(
    'says in words within five seconds that the broker is gone, and that it is back',
    async () => {
      await using opened = await open();
      const { page } = opened;
      await sentence(page, 'All is well.');
      const killed = performance.now();
      await broker.kill();
      await sentence(page, 'Events do not flow: RabbitMQ is out of reach.');
      expect(performance.now() - killed).toBeLessThan(TOLD_WITHIN_MS);
      const reasons = page.locator('#reasons');
      await reasons.getByText('broker_down').first().waitFor();
      expect(await reasons.textContent()).toMatch(/RabbitMQ is out of reach: .*(ECONN|lost the broker)/);
      expect(await reasons.locator('.when').first().textContent()).toMatch(/^since \d\d:\d\d:\d\d/);
      expect(await page.locator('#verdict').getAttribute('data-level')).toBe('bad');
      expect(await page.title()).toContain('Events do not flow');
      const refusing = new AbortController();
      const publishing = publishInVain(refusing.signal);
      await page.locator('#path li', { hasText: 'Ingest' }).getByText('refused/s').waitFor();
      const card = page.locator('.service', { has: page.getByRole('heading', { name: 'Ingest' }) });
      await card.getByRole('row', { name: 'broker_unavailable' }).waitFor();
      refusing.abort();
      await publishing;
      await broker.restart();
      await sentence(page, 'All is well.');
      expect(await page.title()).toBe('roomcast');
    },
    SLOW_MS,
  );

  it(
    'says that it cannot reach its own service, and goes on when it can',
    async () => {
      await using opened = await open();
      const { page } = opened;
      await sentence(page, 'All is well.');
      await page.context().setOffline(true);
      await sentence(page, 'This page cannot reach its service at 127.0.0.1');
      await page.context().setOffline(false);
      await sentence(page, 'All is well.');
    },
    SLOW_MS,
  );

  it(
    'names a service that cannot be reached',
    async () => {
      const env = { STATUS_PEERS: 'http://127.0.0.1:1' };
      await using alone = await World.start({ amqpUrl: delivery.amqpUrl, ingests: 0, env });
      await using opened = await open({}, alone);
      await sentence(opened.page, 'Delivery runs, but 127.0.0.1:1 cannot be reached.');
    },
    SLOW_MS,
  );

  it(
    'keeps the cards in their places while one misses an answer',
    async () => {
      await using other = await World.start({ amqpUrl: delivery.amqpUrl, ingests: 0 });
      await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: other.healthPort() });
      const ports = [proxy.port, ingest.ingests[0]?.healthPort ?? 0];
      const env = { STATUS_PEERS: ports.map((port) => `http://127.0.0.1:${port}`).join() };
      await using world = await World.start({ amqpUrl: delivery.amqpUrl, ingests: 0, env });
      await using opened = await open({}, world);
      const { page } = opened;
      await page.locator('.service').nth(2).waitFor();
      const before = await cardsOf(page);
      const silent = page.getByText('does not answer', { exact: true });
      proxy.cut();
      await silent.waitFor();
      expect(await cardsOf(page)).toEqual(before);
      proxy.heal();
      await silent.waitFor({ state: 'detached' });
      expect(await cardsOf(page)).toEqual(before);
    },
    SLOW_MS,
  );

  it(
    'is light or dark as the screen is, plots too, and changes with it',
    async () => {
      await using opened = await open({ colorScheme: 'dark' });
      const { page } = opened;
      const brightness = async () => (await backgroundOf(page)).reduce((total, part) => total + part, 0);
      expect(await brightness()).toBeLessThan(200);
      await plotsPaintedIn(page, [0x56, 0xb4, 0xe9]);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await brightness()).toBeGreaterThan(600);
      await plotsPaintedIn(page, [0x00, 0x72, 0xb2]);
    },
    SLOW_MS,
  );

  it(
    'fits a phone: nothing is wider than 360 px',
    async () => {
      await using opened = await open({ viewport: PHONE });
      const { page } = opened;
      await page.locator('.service canvas').nth(7).waitFor();
      expect(await tooWide(page)).toEqual([]);
      expect(await scrollWidthOf(page)).toBe(PHONE.width);
    },
    SLOW_MS,
  );

  it(
    'works by keyboard: the focus is seen, comes by everything and is held by nothing',
    async () => {
      await using opened = await open();
      const { page } = opened;
      const stops: string[] = [];
      for (let presses = 0; presses < 4; presses += 1) {
        await page.keyboard.press('Tab');
        const { text, outline } = await focusOf(page);
        stops.push(text);
        expect(outline).toBe('solid');
      }
      expect(stops).toEqual(['Skip to the numbers of each service', 'Pause', '/health', '/metrics']);
      for (let presses = 0; presses < 2; presses += 1) await page.keyboard.press('Shift+Tab');
      expect((await focusOf(page)).text).toBe('Pause');
      await page.keyboard.press('Enter');
      expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('true');
      expect(await page.locator('#updated').textContent()).toContain('paused at');
      await page.keyboard.press('Space');
      await page.locator('#updated', { hasText: 'updated' }).waitFor();
    },
    SLOW_MS,
  );

  it(
    'tells a screen reader of a change, moves nothing for who wants that, and hides no figure in a plot',
    async () => {
      await using opened = await open({ reducedMotion: 'reduce' });
      const { page } = opened;
      expect(await page.locator('#sentence').getAttribute('role')).toBe('status');
      expect(await page.locator('.canvas').first().getAttribute('aria-hidden')).toBe('true');
      expect(await movingElements(page)).toBe(0);
    },
    SLOW_MS,
  );
});
