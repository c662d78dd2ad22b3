import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

const FLOOD_BYTES = 6.5 * 1024 * 1024;
/** As a hostile client that does not wait for what it is told. */
const BACK_AFTER_MS = 50;

/** One socket for each URL, for ever: floods it, reads what comes, comes back when it is closed. */
export async function flood(urls: readonly string[]): Promise<void> {
  await Promise.all(
    urls.map(async (url) => {
      for (;;) {
        await floodOnce(url);
        await delay(BACK_AFTER_MS);
      }
    }),
  );
}

function floodOnce(url: string): Promise<void> {
  const frame = JSON.stringify({ action: 'list_rooms' });
  return new Promise((resolve) => {
    const ws = new WebSocket(url);
    ws.on('error', () => undefined);
    ws.on('close', () => resolve());
    ws.on('open', () => {
      for (let sent = 0; sent < FLOOD_BYTES; sent += frame.length) ws.send(frame);
    });
  });
}
