import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

const EVERY_MS = 20;

export interface Listener {
  readonly ws: WebSocket;
  readonly arrived: Map<string, number>;
}

export interface Heard {
  readonly p50: number;
  readonly p99: number;
  readonly missed: number;
}

let lastEvent = 0;

/** A well-behaved client that notes when each event came; resolves once it is connected. */
export async function listen(url: string): Promise<Listener> {
  const ws = new WebSocket(url);
  const arrived = new Map<string, number>();
  ws.on('message', (data: Buffer) => {
    const id = /"id":"(e-\d+)"/.exec(data.toString())?.[1];
    if (id !== undefined) arrived.set(id, performance.now());
  });
  await new Promise<void>((resolve, reject) => {
    ws.on('error', reject);
    ws.on('message', (data: Buffer) => {
      if (data.toString().startsWith('{"type":"connected"')) resolve();
    });
  });
  return { ws, arrived };
}

/** An event every 20 ms to all of them: milliseconds from publishing to each arrival. */
export async function publishTo(
  listeners: readonly Listener[],
  { url, key, forMs }: { readonly url: string; readonly key: string; readonly forMs: number },
): Promise<Heard> {
  const published = new Map<string, number>();
  const untilMs = performance.now() + forMs;
  const posts: Promise<unknown>[] = [];
  while (performance.now() < untilMs) {
    lastEvent += 1;
    const id = `e-${lastEvent}`;
    published.set(id, performance.now());
    const body = JSON.stringify({ event: 'calendar.sync', id, data: { reason: 'bench' } });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    posts.push(fetch(url, { method: 'POST', body, headers }));
    await delay(EVERY_MS);
  }
  await Promise.all(posts);
  for (let waits = 0; waits < 300 && missing(listeners, published) > 0; waits += 1) await delay(100);
  const latencies = listeners.flatMap(({ arrived }) =>
    [...published].flatMap(([id, atMs]) => (arrived.has(id) ? [(arrived.get(id) ?? 0) - atMs] : [])),
  );
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), missed: missing(listeners, published) };
}

function missing(listeners: readonly Listener[], published: ReadonlyMap<string, number>): number {
  return listeners.reduce(
    (sum, { arrived }) => sum + [...published.keys()].filter((id) => !arrived.has(id)).length,
    0,
  );
}
