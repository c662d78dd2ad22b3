import { backoffMs } from '../../../shared/core/backoff.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Liveness } from './liveness.ts';

/**
 * A history that cannot be read, as in the seconds in which it has no leader, is tried again for so long before the client is told of
 * a gap. How long the broker is away does not count, nor what broke off because it went.
 */
const RETRY_MS = 60_000;
const RETRY_PAUSE = { firstMs: 250, maxMs: 2_000 };

export interface UntilReadPorts {
  readonly liveness: Pick<Liveness, 'isAlive' | 'outages' | 'whenAlive'>;
  /** Waits some milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly now: SteadyClock;
}

/** Reads for somebody until that succeeds; `undefined` where it is given up, or they are gone. What was wrong is for `read` to log. */
export async function untilRead<Result>(
  { liveness, sleep, now }: UntilReadPorts,
  reader: { readonly closed: boolean },
  read: () => Promise<Result>,
): Promise<Result | undefined> {
  let outages: number | undefined;
  let untilMs = Number.POSITIVE_INFINITY;
  for (let failures = 0; ; failures += 1) {
    while (!liveness.isAlive) await liveness.whenAlive();
    if (liveness.outages !== outages) {
      outages = liveness.outages;
      untilMs = now() + RETRY_MS;
    }
    try {
      return await read();
    } catch {
      await sleep(backoffMs(RETRY_PAUSE, failures));
    }
    const isOver = liveness.outages === outages && now() >= untilMs;
    if (reader.closed || isOver) return undefined;
  }
}
