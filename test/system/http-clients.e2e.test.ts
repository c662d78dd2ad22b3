import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, launch } from '../monitoring/chromium.ts';
import { createVhostForTest, type TestVhost } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { browserRecipe } from '../support/protocol-examples.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, TEST_MS, WAIT_MS } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';

const SLOW_MS = scaledMs(TEST_MS);
const POLL_MS = 50;
const EVENTS_EACH = 20;

/** What stands in an operator's crontab, or in an afternoon's script. */
const STREAM = `
while :; do
  curl -sN -H "Authorization: Bearer $TOKEN" \${cursor:+-H "Last-Event-ID: $cursor"} "$URL/v1/stream" >> seen
  cursor=$(sed -n 's/^id: //p' seen | tail -n 1)
  sleep 0.2
done`;
const POLL = `
while :; do
  answer=$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/v1/events?wait=25\${cursor:+&after=$cursor}") || { sleep 0.2; continue; }
  echo "$answer" >> seen
  next=$(echo "$answer" | sed -n 's/.*"cursor":"\\([^"]*\\)","recovered":.*/\\1/p')
  [ -n "$next" ] && cursor=$next || sleep 0.2
done`;

const found = await findChromium();
const inBrowser = 'path' in found ? it : it.skip;
const noBrowser = skippedFor('missing' in found ? found.missing : undefined);

let vhost: TestVhost;
let ingest: World;
let folder: string;
let pages: Server;
beforeAll(async () => {
  vhost = await createVhostForTest();
  ingest = await World.start({ amqpUrl: vhost.url, deliveries: 0 });
  folder = mkdtempSync(join(tmpdir(), 'roomcast-curl-'));
  pages = createServer((_request, response) => response.end('<!doctype html>'));
  await once(pages.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  pages.close();
  rmSync(folder, { recursive: true });
  await ingest[Symbol.asyncDispose]();
  await vhost[Symbol.asyncDispose]();
});

let lastId = 7_000;
const somebody = () => (lastId += 1);
const origin = () => `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;

/** A delivery that can be restarted where it was. */
class Restartable {
  private constructor(
    private process: ServiceProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<Restartable> {
    const { process, port } = await Restartable.#run(0);
    return new Restartable(process, port);
  }

  static async #run(port: number) {
    const settings = { WEBSOCKET_PORT: String(port), REWIND_SECONDS: '0', ALLOWED_ORIGINS: origin() };
    const process = new ServiceProcess('delivery', worldEnv(vhost.url, settings));
    const { ports } = (await process.said('delivery is listening')) as {
      ports: { websocket: number; health: number };
    };
    await healthUntil(ports.health, isReady);
    return { process, port: ports.websocket };
  }

  async stop(): Promise<void> {
    this.process.signal('SIGTERM');
    expect(await this.process.exited).toEqual({ code: 0, signal: null });
  }

  async begin(): Promise<void> {
    ({ process: this.process } = await Restartable.#run(this.port));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}

/** Publishes before, during and after a restart, and waits until all of it was seen. */
async function throughARestart(delivery: Restartable, customer: number, seen: () => Promise<string[]>) {
  const published: string[] = [];
  const publish = async () => {
    for (let count = 0; count < EVENTS_EACH; count += 1) {
      published.push((await ingest.publish(appointment({ data: { customer_id: customer } }))).id);
    }
  };
  await publish();
  while ((await seen()).length < EVENTS_EACH) await pause();
  const stopped = delivery.stop();
  await publish();
  await stopped;
  await publish();
  await delivery.begin();
  await publish();
  let ids: string[] = [];
  const deadlineMs = performance.now() + scaledMs(WAIT_MS);
  while (!published.every((id) => new Set(ids).has(id))) {
    if (performance.now() > deadlineMs) break;
    ids = await seen();
    await pause();
  }
  expect([...new Set(ids)]).toEqual(published);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, POLL_MS));

describe('without a WebSocket, through a restart of delivery, nothing is missed', () => {
  it.each([
    ['curl -N on /v1/stream', STREAM],
    ['a loop of curl on /v1/events', POLL],
  ])(
    'by %s',
    async (_what, script) => {
      await using delivery = await Restartable.start();
      const customer = somebody();
      const file = join(folder, 'seen');
      writeFileSync(file, '');
      const shell = spawn('sh', ['-c', script], {
        cwd: folder,
        detached: true,
        env: {
          PATH: process.env['PATH'],
          TOKEN: tokenFor('customer', customer),
          URL: `http://127.0.0.1:${delivery.port}`,
        },
      });
      try {
        while (!readFileSync(file, 'utf8').includes('"cursor":')) await pause();
        await throughARestart(delivery, customer, () => {
          const text = readFileSync(file, 'utf8');
          const events = text.matchAll(/"event":"appointment\.created".*?"id":"([^"]+)","cursor"/g);
          return Promise.resolve([...events].map(([, id = '']) => id));
        });
      } finally {
        // Its whole process group: curl too.
        if (shell.pid !== undefined) process.kill(-shell.pid);
      }
    },
    SLOW_MS,
  );

  inBrowser(
    `by EventSource in a page of another host, as PROTOCOL.md writes it${noBrowser}`,
    async () => {
      const browser = await launch('path' in found ? found.path : '');
      await using delivery = await Restartable.start();
      const customer = somebody();
      try {
        const page = await browser.newPage();
        await page.goto(origin());
        const base = `http://127.0.0.1:${delivery.port}/v1/`;
        const recipe = browserRecipe().replaceAll(/(['`])\/v1\//g, `$1${base}`);
        const token = JSON.stringify(tokenFor('customer', customer));
        await page.addScriptTag({ content: `${recipe}; const frames = [];` });
        await page.evaluate(`void follow(() => ${token}, (frame) => frames.push(frame))`);
        await page.waitForFunction('frames.some(({ type }) => type === "connected")');
        await throughARestart(delivery, customer, () =>
          page.evaluate<string[]>('frames.flatMap((frame) => (frame.event ? [frame.id] : []))'),
        );
      } finally {
        await browser.close();
      }
    },
    SLOW_MS,
  );
});
