import { ExpiringMap } from '../../../shared/core/expiring-map.ts';

const MINUTE_MS = 60_000;
/** Users remembered at a time; beyond, the oldest begins anew. */
const MAX_USERS = 10_000;

/** How often the devices of one user may ask for what lies far back: such a pass may read much of the history. */
export class LongReplays {
  readonly #taken = new ExpiringMap<string, { count: number }>(MAX_USERS, MINUTE_MS);

  constructor(private readonly perMinute: number) {}

  /** `false` once the user has had all of a minute; what is refused does not count. */
  take(userKey: string, nowMs: number): boolean {
    const taken = this.#taken.get(userKey, nowMs);
    if (taken === undefined) this.#taken.set(userKey, { count: 1 }, nowMs);
    else if (taken.count >= this.perMinute) return false;
    else taken.count += 1;
    return true;
  }
}
