import { quantileOf } from '../measure/statistics.ts';

/** In milliseconds. */
export interface Waits {
  readonly newcomers: number;
  readonly p50: number;
  readonly p99: number;
}

/** How long staff waited for their first event, of which there are many a second in a room of all of them. */
export class Newcomers {
  readonly #waitedMs: number[] = [];

  /** As long as they were there, for who heard nothing. */
  add(waitedMs: number): void {
    this.#waitedMs.push(waitedMs);
  }

  get waits(): Waits {
    const all = this.#waitedMs;
    return { newcomers: all.length, p50: quantileOf(all, 0.5), p99: quantileOf(all, 0.99) };
  }
}
