import { cursorTimeMs } from '../../../shared/contract/cursor.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { FromCursor } from './scan-request.ts';
import type { ScanResult } from './scan.ts';

export interface LookBackPorts {
  /** Whether the broker is several nodes. */
  readonly cluster: { readonly isCluster: boolean };
  /** Waits some milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** For stamps, which are of the clocks of machines. */
  readonly wall: WallClock;
  readonly now: SteadyClock;
}

/** The last look that was taken, and why it was in vain. */
export interface LookBackOutcome<Result> {
  readonly result: Result;
  /** `undefined` where the entry was found. */
  readonly failure?: 'expired' | 'unknown';
}

export const NEAR_MS = 60_000;
/**
 * How far the broker's clock, by which reading begins, may be from the clocks by which cursors are stamped, when one of
 * the machines was set. What was read from too late a time looks like a history that begins after the cursor.
 */
export const APART_MS = 2 * 60 * 60_000;
/** A cursor's entry is looked for this long before its own time; further with each look, since clocks differ. */
const MARGINS_MS = [NEAR_MS, 15 * 60_000, APART_MS] as const;

/**
 * In a cluster whose history is between two leaders a queue has an event before the history does (see
 * shared/contract/history-lag.ts): so long after its time a cursor that is not found is looked for again.
 */
const LATE_MS = 10_000;
const LOOK_AGAIN_MS = 1_000;

/** Looks for the entry of a cursor in the history, for a session as for the hole after an outage. */
export class LookBack {
  constructor(private readonly ports: LookBackPorts) {}

  /** `look` reads the history from a time on; `nearestMs` is a margin before the others. */
  async find<Result extends Pick<ScanResult, 'found' | 'mayLackEarlier' | 'beginsLater' | 'beginsMs'>>(
    from: FromCursor,
    look: (fromMs: number) => Promise<Result>,
    nearestMs?: number,
  ): Promise<LookBackOutcome<Result>> {
    const { cluster, sleep, now } = this.ports;
    const margins = nearestMs === undefined ? MARGINS_MS : ([nearestMs, ...MARGINS_MS] as const);
    let lateUntilMs: number | undefined;
    for (let looks = 0; ; looks += 1) {
      const marginMs = margins[looks] ?? margins[0];
      const result = await look(this.#placeMs(from) - marginMs);
      const isLast = looks + 1 >= margins.length;
      if (result.found && !result.mayLackEarlier) return { result };
      if (result.found && isLast) return { result, failure: 'expired' };
      const failure = result.beginsLater ? 'expired' : 'unknown';
      const isLate = result.beginsMs - cursorTimeMs(from.cursor) > APART_MS;
      if (result.beginsLater && (isLate || marginMs === APART_MS)) return { result, failure };
      if (!isLast) continue;
      lateUntilMs ??= this.#lateUntilMs(from);
      if (!cluster.isCluster || now() >= lateUntilMs) return { result, failure };
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /** A stamp may lie ahead of our clock, the entry does not. */
  #placeMs({ cursor, beginning = cursor }: FromCursor): number {
    return Math.min(cursorTimeMs(cursor), cursorTimeMs(beginning), unixMs(this.ports.wall()));
  }

  #lateUntilMs({ cursor }: FromCursor): number {
    const { wall, now } = this.ports;
    return now() + LATE_MS - Math.max(0, unixMs(wall()) - cursorTimeMs(cursor));
  }
}
