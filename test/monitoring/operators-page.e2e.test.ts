import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { appointment } from '../support/events.ts';
import { Operator, OPERATOR_ENV, OPERATOR_KEY } from '../support/operator.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, TEST_MS, WAIT_MS } from '../support/time.ts';
import { World } from '../support/world.ts';
import { findChromium, launch } from './chromium.ts';
import { focusOf, scrollWidthOf, tooWide } from './in-page.ts';

const found = await findChromium();
const inBrowser = 'path' in found ? describe : describe.skip;
const obstacle = 'missing' in found ? found.missing : undefined;

const SLOW_MS = scaledMs(TEST_MS);
const DEADLINE_MS = scaledMs(WAIT_MS);
const PHONE = { width: 375, height: 740 };
/** Markup, and what would turn a line round. */
const HOSTILE = '<img src=x onerror=document.title="taken"> \u202e & "quoted"';
const POLL_MS = 5_000;

const log: string[] = [];
let browser: Browser;
let world: World;

beforeAll(async () => {
  if (!('path' in found)) return;
  const env = { ...OPERATOR_ENV, INGEST_MAX_BAD_KEYS: '1000' };
  [browser, world] = await Promise.all([launch(found.path), World.start({ log, env })]);
}, SLOW_MS);
afterAll(async () => {
  if (!('path' in found)) return;
  await browser.close();
  await world[Symbol.asyncDispose]();
}, SLOW_MS);

const ingestPort = (of = world) => of.ingests[0]?.healthPort ?? 0;

interface OpenOptions extends BrowserContextOptions {
  readonly port?: number;
  readonly before?: (page: Page) => Promise<void>;
}

async function open({ port = ingestPort(), before, ...options }: OpenOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await before?.(page);
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator('.service').first().waitFor();
  const overviews = () => asked.filter((url) => url.includes('/v1/admin/overview')).length;
  return { page, asked, complaints, overviews, [Symbol.asyncDispose]: () => context.close() };
}

const keyOf = (page: Page) => page.getByLabel('Key of ADMIN_API_KEYS');
const openedIn = (page: Page) => page.locator('.opened');

async function enter(page: Page, key = OPERATOR_KEY): Promise<void> {
  await keyOf(page).fill(key);
  await page.keyboard.press('Enter');
}

inBrowser(`the part for operators of the status page${skippedFor(obstacle)}`, () => {
  it(
    'is not on the page of delivery, and one line where there are no keys',
    async () => {
      await using closed = await World.start({ amqpUrl: world.amqpUrl, deliveries: 0 });
      await using delivery = await open({ port: world.healthPort() });
      expect(await delivery.page.locator('#operators').isHidden()).toBe(true);
      await using without = await open({ port: ingestPort(closed) });
      const { page } = without;
      await page.locator('#operators-closed').waitFor();
      expect(await page.locator('#operators-closed').textContent()).toContain('Set ADMIN_API_KEYS at ingest');
      expect([await keyOf(page).isHidden(), without.overviews()]).toEqual([true, 0]);
    },
    SLOW_MS,
  );

  it(
    'shows the last events with who was told, and sessions by role, to who has a key',
    async () => {
      await using provider = await world.join('provider', 4);
      await world.publish(appointment({ id: 'shown-1' }));
      await provider.until({ id: 'shown-1' });
      await using opened = await open();
      const { page, complaints } = opened;
      await enter(page);
      const row = page.locator('.events tr', { hasText: 'shown-1' });
      await row.getByText('1 delivered · 1 not told').waitFor();
      expect(await row.textContent()).toContain('admin, provider_4, customer_6');
      const sessions = page.locator('.opened section', { hasText: 'Sessions of all instances' });
      await sessions.getByRole('row', { name: 'provider' }).getByRole('cell', { name: '1' }).waitFor();
      await world.publish(appointment({ id: 'shown-2' }));
      await page.locator('.events tbody tr').first().getByText('shown-2').waitFor();
      expect(complaints).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'traces an event of the list, and one whose id is typed, in the words of the command',
    async () => {
      await world.publish(appointment({ id: 'traced-1' }));
      await world.publish(appointment({ id: 'traced-2' }));
      await using opened = await open();
      const { page } = opened;
      await enter(page);
      const traced = page.getByRole('region', { name: 'Trace' });
      await page.getByRole('button', { name: 'traced-1' }).click();
      await traced.getByText('POST /v1/events').waitFor();
      const told = await new Operator(world).ask('GET', 'events/traced-1?as=text');
      expect(await traced.textContent()).toBe(await told.text());
      await page.getByLabel('Trace an event').fill(' traced-2 ');
      await page.keyboard.press('Enter');
      await traced.getByText('traced-2').waitFor();
      await page.getByLabel('Trace an event').fill('no-such-event');
      await page.keyboard.press('Enter');
      await traced.getByText('has an event no-such-event').waitFor();
    },
    SLOW_MS,
  );

  it(
    'shows what somebody put into an id as text',
    async () => {
      await world.publish(appointment({ id: HOSTILE }));
      await using opened = await open();
      const { page, complaints } = opened;
      await enter(page);
      await page.locator('button.id', { hasText: 'onerror' }).click();
      await page.getByRole('region', { name: 'Trace' }).getByText('onerror').waitFor();
      expect(await page.locator('#operators img').count()).toBe(0);
      expect(await page.locator('.traced').textContent()).toContain('\\u202e');
      expect(complaints).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'keeps the key in the memory of the page alone',
    async () => {
      await world.publish(appointment({ id: 'personal' }));
      await using opened = await open();
      const { page, asked } = opened;
      await enter(page);
      await openedIn(page).getByText('personal').waitFor();
      const kept = await page.evaluate<string>(
        `JSON.stringify([
          { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state,
          document.documentElement.outerHTML, [...document.querySelectorAll('input')].map(({ value }) => value),
        ])`,
      );
      expect(kept).toContain('personal');
      expect(kept + asked.join() + log.join()).not.toContain(OPERATOR_KEY);
      expect(await page.context().cookies()).toEqual([]);
      await page.reload();
      await keyOf(page).waitFor();
      expect(await openedIn(page).count()).toBe(0);
    },
    SLOW_MS,
  );

  it(
    'forgets the key, and all that it has opened, by a button',
    async () => {
      await world.publish(appointment({ id: 'forgotten' }));
      await using opened = await open();
      const { page } = opened;
      await enter(page);
      await openedIn(page).getByText('forgotten').waitFor();
      await page.getByRole('button', { name: 'Forget the key' }).click();
      await page.getByText('The key is forgotten.').waitFor();
      expect(await page.content()).not.toMatch(/forgotten-|customer_6|appointment\.created/);
      expect(await openedIn(page).count()).toBe(0);
      expect((await focusOf(page)).outline).toBe('solid');
      expect(await keyOf(page).inputValue()).toBe('');
    },
    SLOW_MS,
  );

  it.each([
    ['another key', 'another-key-for-tests', 'That is none of ADMIN_API_KEYS.'],
    ['what no header carries', 'schlüssel-日本', 'That is none of ADMIN_API_KEYS: no header carries it.'],
  ])(
    'says of %s that it is wrong, and shows nothing',
    async (_what, key, sentence) => {
      await using opened = await open();
      const { page } = opened;
      await enter(page, key);
      await page.getByText(sentence, { exact: true }).waitFor();
      expect(await openedIn(page).count()).toBe(0);
      expect(await keyOf(page).isVisible()).toBe(true);
      await enter(page);
      await openedIn(page).waitFor();
      expect(await page.locator('#operators-said').textContent()).toBe('');
    },
    SLOW_MS,
  );

  it(
    'asks again and again, one call after the other, and not while it is paused or nobody looks',
    async () => {
      const waiting: (() => void)[] = [];
      let isHeld = false;
      await using opened = await open({
        before: async (page) => {
          await page.clock.install();
          await page.addInitScript(
            'Object.defineProperty(document, "hidden", { get: () => globalThis.isAway })',
          );
          await page.route('**/v1/admin/overview', async (route) => {
            if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
            await route.continue();
          });
        },
      });
      const { page, overviews } = opened;
      const answered = () =>
        page.waitForResponse('**/v1/admin/overview').then((response) => response.finished());
      const first = answered();
      await enter(page);
      await first;
      const second = answered();
      await page.clock.runFor(POLL_MS);
      await second;
      isHeld = true;
      await page.clock.runFor(POLL_MS);
      await page.clock.runFor(4 * POLL_MS);
      expect([overviews(), waiting.length]).toEqual([3, 1]);
      isHeld = false;
      const third = answered();
      waiting[0]?.();
      await third;
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.clock.runFor(10 * POLL_MS);
      await page.evaluate('globalThis.isAway = true');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.clock.runFor(10 * POLL_MS);
      expect(overviews()).toBe(3);
      const fourth = answered();
      await page.evaluate('globalThis.isAway = false; document.dispatchEvent(new Event("visibilitychange"))');
      await fourth;
      expect(overviews()).toBe(4);
    },
    SLOW_MS,
  );

  it(
    'says when ingest does not answer, and goes on when it does',
    async () => {
      await using opened = await open();
      const { page } = opened;
      await enter(page);
      await openedIn(page).waitFor();
      await page.context().setOffline(true);
      await page.getByText('Ingest does not answer.').waitFor();
      await page.locator('.opened.stale').waitFor();
      await page.context().setOffline(false);
      await page.locator('.opened:not(.stale)').waitFor();
      expect(await page.locator('#operators-said').textContent()).toBe('');
    },
    SLOW_MS,
  );

  it(
    'fits a phone: nothing is wider than 375 px',
    async () => {
      await world.publish(appointment({ id: `long-${'x'.repeat(150)}` }));
      await using opened = await open({ viewport: PHONE });
      const { page } = opened;
      await enter(page);
      await page.locator('button.id', { hasText: 'long-' }).click();
      await page.getByRole('region', { name: 'Trace' }).getByText('POST /v1/events').waitFor();
      expect(await tooWide(page)).toEqual([]);
      expect(await scrollWidthOf(page)).toBe(PHONE.width);
    },
    SLOW_MS,
  );
});
