/** What well-behaved clients noticed in one phase; times in milliseconds from sending an event to its arrival. */
export interface Heard {
  readonly p50: number;
  readonly p99: number;
  /** Of one event at one client; the longest wait where none is missing. */
  readonly longest: number;
  readonly missing: number;
}

interface Client {
  readonly startedMs: number;
  readonly arrivedMs: ReadonlyMap<string, number>;
  readonly toldMs: number;
}

/** Each client is owed what was sent after it came. */
export function heardBy(clients: readonly Client[], sentMs: ReadonlyMap<string, number>): Heard {
  const waits: number[] = [];
  let missing = 0;
  for (const { startedMs, arrivedMs, toldMs } of clients) {
    for (const [id, atMs] of sentMs) {
      if (atMs < startedMs) continue;
      const arrived = arrivedMs.get(id) ?? (toldMs > atMs ? toldMs : undefined);
      if (arrived === undefined) missing += 1;
      else waits.push(arrived - atMs);
    }
  }
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), longest: at(1), missing };
}
