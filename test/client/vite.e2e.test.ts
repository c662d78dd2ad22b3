import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { findChromium, launch } from '../monitoring/chromium.ts';
import { readHealth } from '../support/health.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, WAIT_MS } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { pack, type Packed } from './support/package.ts';

const found = await findChromium();
const obstacle = 'missing' in found ? found.missing : undefined;
const CUSTOMER = 6;
const vite = resolve('node_modules/vite/bin/vite.js');
const mediaTypes: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Of the app: who is signed in, what they have booked, and the app itself where it is built. */
async function startBackend(files = '') {
  const server = createServer(({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://app');
    const file = join(files, pathname === '/' ? 'index.html' : pathname);
    if (pathname === '/api/token') response.end(tokenFor('customer', CUSTOMER));
    else if (pathname === '/api/appointments') response.end('[{"id":1,"start":"09:00"}]');
    else if (!existsSync(file)) response.writeHead(404).end();
    else response.setHeader('content-type', mediaTypes[extname(file)] ?? '').end(readFileSync(file));
  });
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
  const child = spawn(process.execPath, [vite], { cwd: app, env });
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

/** As `npm run build` of an app: minified, in few files, and without React's checks. */
function build(app: string): string {
  // Jest has set it to `test`, which Vite would keep to.
  const env = { ...process.env, NODE_ENV: 'production' };
  const { status, stderr } = spawnSync(process.execPath, [vite, 'build'], {
    cwd: app,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return join(app, 'dist');
}

/** The page shows what is booked and cancelled, by one socket and without an error. */
async function followBookings(url: string): Promise<void> {
  await using world = await World.start();
  const browser = await launch('path' in found ? found.path : '');
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) errors.push(message.text());
    });
    await page.goto(`${url}/?server=http://${world.host()}`);
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
}

(obstacle === undefined ? describe : describe.skip)(
  `the package in a page of Vite and React 19${skippedFor(obstacle)}`,
  () => {
    let packed: Packed;
    beforeAll(() => {
      packed = pack();
      cpSync('test/client/vite', packed.app, { recursive: true });
    });
    afterAll(() => packed[Symbol.dispose]());

    it('follows what the backend does over one socket under StrictMode, from the server for developing', async () => {
      await using backend = await startBackend();
      await using server = await startVite(packed.app, backend.url);
      await followBookings(server.url);
    });

    it('follows what the backend does over one socket as it is built for production', async () => {
      await using backend = await startBackend(build(packed.app));
      await followBookings(backend.url);
    });
  },
);
