import { WebSocket } from 'ws';
import { z } from 'zod';

const Resumed = z.object({
  type: z.literal('resumed'),
  recovered: z.literal(true),
  replayed: z.number(),
});

/** Milliseconds from connecting to `resumed`; rejects unless exactly `expected` events were replayed. */
export function timeToResumed(url: string, expected: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const ws = new WebSocket(url);
    ws.on('error', reject);
    ws.on('message', (data: Buffer) => {
      const text = data.toString();
      if (!text.startsWith('{"type":"resumed"')) return;
      ws.close();
      const frame = Resumed.safeParse(JSON.parse(text));
      if (frame.success && frame.data.replayed === expected) resolve(performance.now() - startedMs);
      else reject(new Error(`expected ${expected} events, got ${text}`));
    });
  });
}
