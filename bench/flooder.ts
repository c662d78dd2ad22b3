import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';

const FLOOD_BYTES = 6.5 * 1024 * 1024;
/** As a hostile client that does not wait for what it is told. */
const BACK_AFTER_MS = 50;
/** As delivery cuts off a client that does not answer its close frame. */
const CUT_OFF_AFTER_MS = 3_000;
/** So many frames end a session, and shut its user out. */
const SHUTS_OUT = 100;
const SMALL = JSON.stringify({ action: 'list_rooms' });
/** As large as MAX_FRAME_BYTES lets through. */
const LARGE = JSON.stringify({ action: 'list_rooms', padding: 'x'.repeat(64_000) });

/** What a socket does once it is open. */
const kinds = {
  frames: { send: (ws: WebSocket) => repeat(FLOOD_BYTES / SMALL.length, () => ws.send(SMALL)) },
  pings: { send: (ws: WebSocket) => repeat(FLOOD_BYTES / SMALL.length, () => ws.ping(SMALL)) },
  large: { send: (ws: WebSocket) => repeat(FLOOD_BYTES / LARGE.length, () => ws.send(LARGE)) },
  reconnects: { send: (ws: WebSocket) => ws.close() },
  'shut-out': {
    send: (ws: WebSocket, nth: number) => repeat(nth === 0 ? SHUTS_OUT : 0, () => ws.send(SMALL)),
  },
};
export type FloodKind = keyof typeof kinds | 'strangers';
export const floodKinds: readonly string[] = [...Object.keys(kinds), 'strangers'];

export interface FloodOrder {
  readonly kind: FloodKind;
  readonly sockets: number;
  /** Without one the flood goes to a server in the flooder's own process, which closes each socket at once. */
  readonly url: string | undefined;
}

export interface FloodReport {
  readonly cpuMs: number;
  readonly connections: number;
}

/** Floods until the parent process says stop; then reports to it. */
export async function flood({ kind, sockets, url }: FloodOrder): Promise<void> {
  let connections = 0;
  process.once('message', () => {
    const { user, system } = process.cpuUsage();
    const report: FloodReport = { cpuMs: (user + system) / 1_000, connections };
    process.send?.(report, () => process.exit());
  });
  const target = url ?? (await startSink());
  const { send } = kinds[kind === 'strangers' ? 'frames' : kind];
  await Promise.all(
    Array.from({ length: sockets }, async () => {
      for (;;) {
        await floodOnce(kind === 'strangers' ? target.replace(/\?.*/, '') : target, (ws) =>
          send(ws, connections),
        );
        connections += 1;
        await delay(BACK_AFTER_MS);
      }
    }),
  );
}

function floodOnce(url: string, send: (ws: WebSocket) => void): Promise<void> {
  return new Promise((resolve) => {
    const ws = new WebSocket(url);
    ws.on('error', () => undefined);
    ws.on('close', () => resolve());
    ws.on('open', () => send(ws));
  });
}

async function startSink(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('connection', (ws) => {
    ws.on('error', () => undefined);
    ws.pause();
    ws.close(4008);
    setTimeout(() => ws.terminate(), CUT_OFF_AFTER_MS);
  });
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/?token=none`;
}

function repeat(times: number, act: () => void): void {
  for (let done = 0; done < times; done += 1) act();
}
