import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { findChromium, launch } from '../monitoring/chromium.ts';
import { readHealth } from '../support/health.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, WAIT_MS } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { pack } from './support/package.ts';

const found = await findChromium();
const obstacle = 'missing' in found ? found.missing : undefined;
const CUSTOMER = 6;

/** Of the app: who is signed in, and what they have booked. */
async function startBackend() {
  const server = createServer(({ url }, response) =>
    response.end(url === '/api/token' ? tokenFor('customer', CUSTOMER) : '[{"id":1,"start":"09:00"}]'),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

/** As `npm run dev` of an app: React's own checks are in it, and StrictMode mounts everything twice. */
async function startVite(app: string, backend: string) {
  const env = { ...process.env, BACKEND: backend, NO_COLOR: '1' };
  const child = spawn(process.execPath, [resolve('node_modules/vite/bin/vite.js')], { cwd: app, env });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const url = await new Promise<string>((started, failed) => {
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
      if (address !== undefined) started(address);
    });
    exited.then(() => failed(new Error(said)), failed);
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
    },
  };
}

async function shows(page: Page, selector: string, text: string): Promise<void> {
  const isSo = `document.querySelector("${selector}")?.innerText === ${JSON.stringify(text)}`;
  await page.waitForFunction(isSo, undefined, { timeout: scaledMs(WAIT_MS) });
}

const appointment = (event: string, id: number, start?: string) => ({
  event,
  data: { id, provider_id: 4, customer_id: CUSTOMER, start },
});

(obstacle === undefined ? describe : describe.skip)(
  `the package in a page of Vite and React 19${skippedFor(obstacle)}`,
  () => {
    it('shows what the backend books and cancels, over one socket under StrictMode', async () => {
      await using world = await World.start();
      using packed = pack();
      cpSync('test/client/vite', packed.app, { recursive: true });
      await using backend = await startBackend();
      await using vite = await startVite(packed.app, backend.url);
      const browser = await launch('path' in found ? found.path : '');
      try {
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(String(error)));
        page.on('console', (message) => {
          if (['error', 'warning'].includes(message.type())) errors.push(message.text());
        });
        await page.goto(`${vite.url}/?server=http://${world.host()}`);
        await shows(page, '#status', 'live');
        await shows(page, 'ul', '1 at 09:00');

        await world.publish(appointment('appointment.created', 2, '10:00'));
        await shows(page, 'ul', '1 at 09:00\n2 at 10:00');
        await world.publish(appointment('appointment.updated', 2, '11:00'));
        await shows(page, 'ul', '1 at 09:00\n2 at 11:00');
        await world.publish(appointment('appointment.cancelled', 1));
        await shows(page, 'ul', '2 at 11:00');
        await shows(page, '#last', 'appointment.cancelled');

        expect(errors).toEqual([]);
        const { stats } = (await readHealth(world.healthPort())).body;
        expect(stats).toMatchObject({ total_connections: 1, active_connections: 1 });
      } finally {
        await browser.close();
      }
    });
  },
);
