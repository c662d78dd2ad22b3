import { setTimeout as delay } from 'node:timers/promises';

/** Calls `act` so often a second; resolves once all are settled. What is late is caught up with. */
export async function paced(
  times: number,
  perSecond: number,
  act: (nth: number) => Promise<void>,
): Promise<void> {
  const startedMs = performance.now();
  const under: Promise<void>[] = [];
  for (let nth = 0; nth < times; nth += 1) {
    const dueMs = startedMs + (nth * 1_000) / perSecond;
    if (dueMs > performance.now()) await delay(dueMs - performance.now());
    under.push(act(nth));
  }
  await Promise.all(under);
}

/** Calls `act` so many times, always `atOnce` of them under way. */
export async function flatOut(
  times: number,
  atOnce: number,
  act: (nth: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < times) {
      next += 1;
      await act(next - 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
