import { setTimeout as delay } from 'node:timers/promises';

/** Waits so long, or until the run ends. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** The same, or until something is closed. */
export async function closedOr(closed: Promise<unknown>, ms: number, signal: AbortSignal): Promise<void> {
  const isClosed = new AbortController();
  void closed.then(() => isClosed.abort());
  await pause(ms, AbortSignal.any([signal, isClosed.signal]));
}

export function between(from: number, to: number): number {
  return from + Math.random() * (to - from);
}
