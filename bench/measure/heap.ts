import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;
const PATIENCE_MS = 30_000;

/** With it in NODE_OPTIONS, a process can be asked for its heap. */
export const ANSWERS_HEAP = `--import=${new URL('heap-on-signal.js', import.meta.url).href}`;

export function heapFileOf(pid: number): string {
  return join(tmpdir(), `roomcast-heap-${pid}`);
}

/** Bytes of the heap of a process started with `ANSWERS_HEAP`, once its garbage is collected. */
export async function heapBytesOf(pid: number): Promise<number> {
  const file = heapFileOf(pid);
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  const untilMs = performance.now() + PATIENCE_MS;
  while (!existsSync(file) || !readFileSync(file, 'utf8').endsWith('\n')) {
    if (performance.now() > untilMs) throw new Error(`process ${pid} does not tell its heap`);
    await delay(POLL_MS);
  }
  const bytes = Number(readFileSync(file, 'utf8'));
  rmSync(file);
  return bytes;
}
