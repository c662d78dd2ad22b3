import type { Clock } from './platform.ts';

/** Platforms warn of longer timers, or freeze them. */
const MAX_STEP_MS = 60_000;
/** A timer so late means that the process was asleep. */
const ASLEEP_MS = 5_000;

export interface Alarm {
  set(ms: number, then: () => void): void;
  clear(): void;
}

/**
 * One deadline at a time, in steps. A step took at least as long as it was set for, and longer if the clock says so: sleep
 * counts, and a clock that is set back holds nothing up.
 */
export function createAlarm(clock: Clock, onSleep?: () => void): Alarm {
  let timer: unknown;
  const clear = () => {
    clock.clearTimeout(timer);
    timer = undefined;
  };
  const set = (ms: number, then: () => void) => {
    clear();
    const beganAt = clock.now();
    const stepMs = Math.min(Math.max(ms, 0), MAX_STEP_MS);
    const own = (timer = clock.setTimeout(() => {
      const tookMs = Math.max(stepMs, clock.now() - beganAt);
      if (tookMs > stepMs + ASLEEP_MS) onSleep?.();
      // What the sleeper did on waking may have set another one.
      if (timer !== own) return;
      if (tookMs < ms) set(ms - tookMs, then);
      else then();
    }, stepMs));
  };
  return { set, clear };
}
