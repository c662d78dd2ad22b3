import { backoffMs } from '../../../shared/core/backoff.ts';

const PAUSE = { firstMs: 250, maxMs: 2_000 };

/** Tries until it succeeds, or until it need not any more: then there is no value. Rests in between, longer each time. */
export async function retryUntil<Value>(
  attempt: () => Promise<Value>,
  isPointless: () => boolean,
  sleep: (ms: number) => Promise<void>,
): Promise<Value | undefined> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch {
      if (isPointless()) return undefined;
    }
    await sleep(backoffMs(PAUSE, failures));
  }
}
