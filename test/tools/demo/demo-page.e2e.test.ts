import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { findChromium, launch } from '../../monitoring/chromium.ts';
import { scrollWidthOf, tooWide } from '../../monitoring/in-page.ts';
import { createVhostForTest } from '../../support/broker.ts';
import { StartFolder } from '../../support/npm-start.ts';
import { skippedFor } from '../../support/skipped.ts';
import { scaledMs, TEST_MS } from '../../support/time.ts';

const found = await findChromium();
const inBrowser = 'path' in found ? describe : describe.skip;
const obstacle = 'missing' in found ? found.missing : undefined;
const SLOW_MS = scaledMs(TEST_MS);
const PHONE = { width: 360, height: 740 };

let browser: Browser;
let folder: StartFolder;
let vhost: Awaited<ReturnType<typeof createVhostForTest>>;
let address: string;

beforeAll(async () => {
  if (!('path' in found)) return;
  [browser, vhost] = await Promise.all([launch(found.path), createVhostForTest()]);
  folder = new StartFolder();
  const start = await folder.start({ AMQP_URL: vhost.url, PUSH: 'on' });
  await start.said('Ctrl-C stops everything.');
  address = /in a browser:\s+(http:\S+)/.exec(start.output)?.[1] ?? '';
}, SLOW_MS);
afterAll(async () => {
  if (!('path' in found)) return;
  await browser.close();
  await folder[Symbol.asyncDispose]();
  await vhost[Symbol.asyncDispose]();
}, SLOW_MS);

async function open(options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(SLOW_MS);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  await state(page, 'Live');
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

const state = (page: Page, words: string) => page.locator('#state', { hasText: words }).waitFor();
const onPhone = (page: Page, text: string) => page.locator('.appointment:not(.gone)', { hasText: text });
const frame = (page: Page, text: string) => page.locator('#frames li', { hasText: text }).first();

async function book(page: Page, customer: string, time: string): Promise<void> {
  await page.locator('#customer').fill(customer);
  await page.locator('#start').selectOption({ label: time });
  await page.getByRole('button', { name: 'Book' }).click();
  await page.getByRole('button', { name: `Cancel ${customer}` }).waitFor();
}

inBrowser(`the demo page${skippedFor(obstacle)}`, () => {
  it(
    'shows on the phone what the backend books, moves and cancels',
    async () => {
      await using opened = await open();
      const { page, complaints } = opened;
      await book(page, 'Ada', '9:00');
      await onPhone(page, '9:00').filter({ hasText: 'Ada' }).waitFor();
      await page.getByLabel('Time of Ada').selectOption({ label: '11:30' });
      await onPhone(page, '11:30').filter({ hasText: 'Ada' }).waitFor();
      await page.getByRole('button', { name: 'Cancel Ada' }).click();
      await onPhone(page, 'Ada').waitFor({ state: 'detached' });
      await frame(page, 'appointment.cancelled').waitFor();
      expect(await page.locator('#frames').textContent()).not.toMatch(/eyJ[\w-]+\./);
      expect(complaints).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'catches up what was booked while the link was cut',
    async () => {
      await using opened = await open();
      const { page } = opened;
      await page.getByLabel('Phone’s link').click();
      await state(page, 'No connection');
      await book(page, 'Grace', '13:00');
      expect(await onPhone(page, 'Grace').count()).toBe(0);
      await page.getByLabel('Phone’s link').click();
      await onPhone(page, 'Grace').waitFor();
      await frame(page, 'missed, all here').waitFor();
      await state(page, 'Live');
    },
    SLOW_MS,
  );

  it(
    'lives through a restart of delivery, and shows how: going_away, 1012, resumed',
    async () => {
      await using opened = await open();
      const { page } = opened;
      await page.getByRole('button', { name: 'Restart delivery' }).click();
      await frame(page, 'going_away').waitFor();
      await frame(page, '1012').waitFor();
      await frame(page, 'missed, all here').waitFor();
      await page.getByRole('button', { name: 'Restart delivery' }).waitFor();
      await book(page, 'Emmy', '15:00');
      await onPhone(page, 'Emmy').waitFor();
    },
    SLOW_MS,
  );

  it(
    'rings while its app is closed, by push and encrypted for this phone alone, and has all once it is open',
    async () => {
      await using opened = await open();
      const { page, complaints } = opened;
      await page.getByLabel('Phone’s app').click();
      await state(page, 'Closed');
      await book(page, 'Alan', '11:00');
      await page.locator('#rung li', { hasText: 'New appointment' }).waitFor();
      expect(await page.locator('#rung').textContent()).not.toContain('Alan');
      expect(await onPhone(page, 'Alan').count()).toBe(0);
      await page.getByLabel('Phone’s app').click();
      await state(page, 'Live');
      await onPhone(page, 'Alan').waitFor();
      expect(await page.locator('#screen').isVisible()).toBe(false);
      expect(complaints).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    'offers a time that is free, when it is loaded anew too',
    async () => {
      await using opened = await open();
      const { page } = opened;
      await book(page, 'Mary', '16:00');
      await page.reload();
      await page.getByRole('button', { name: 'Cancel Mary' }).waitFor();
      expect(await page.locator('#start').inputValue()).toBe(String(17 * 60));
    },
    SLOW_MS,
  );

  it(
    'fits a phone: nothing is wider than 360 px',
    async () => {
      await using opened = await open({ viewport: PHONE });
      expect(await tooWide(opened.page)).toEqual([]);
      expect(await scrollWidthOf(opened.page)).toBe(PHONE.width);
    },
    SLOW_MS,
  );
});
