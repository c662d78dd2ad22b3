/** Each bucket reaches 10 % further than the one before, from 0.1 ms to above ten minutes. */
const FIRST_MS = 0.1;
const GROWTH = Math.log(1.1);
const BUCKETS = 170;
/** For a minute, and the slot that is not over yet. */
const SLOT_MS = 2_000;
const SLOTS = 31;

/** What was measured between two moments. */
export interface LatencySummary {
  readonly count: number;
  /** Within 5 %; `undefined` when nothing was measured. */
  quantile(share: number): number | undefined;
}

/** Latencies of the last minute, a histogram for each slot of it. To measure costs a logarithm, however much there is. */
export class LatencyWindow {
  readonly #counts = Array.from({ length: SLOTS }, () => new Uint32Array(BUCKETS));
  readonly #slots = new Float64Array(SLOTS).fill(-1);

  observe(latencyMs: number, nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    const place = slot % SLOTS;
    const counts = this.#counts[place];
    if (counts === undefined) return;
    if (this.#slots[place] !== slot) {
      this.#slots[place] = slot;
      counts.fill(0);
    }
    const bucket = bucketOf(latencyMs);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }

  /** The `lastMs` before the slot of now, and that one as far as it is over. */
  summary(nowMs: number, lastMs: number): LatencySummary {
    const newest = Math.floor(nowMs / SLOT_MS);
    const oldest = Math.floor((nowMs - lastMs) / SLOT_MS);
    const total = new Float64Array(BUCKETS);
    let count = 0;
    this.#counts.forEach((counts, place) => {
      const slot = this.#slots[place] ?? -1;
      if (slot < oldest || slot > newest) return;
      counts.forEach((value, bucket) => {
        total[bucket] = (total[bucket] ?? 0) + value;
        count += value;
      });
    });
    return { count, quantile: (share) => quantileOf(total, count, share) };
  }
}

function bucketOf(latencyMs: number): number {
  if (latencyMs <= FIRST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(latencyMs / FIRST_MS) / GROWTH));
}

function quantileOf(total: Float64Array, count: number, share: number): number | undefined {
  if (count === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * count));
  let seen = 0;
  const bucket = total.findIndex((value) => (seen += value) >= rank);
  return FIRST_MS * Math.exp(GROWTH * (bucket === 0 ? 0 : bucket - 0.5));
}
