import { AppError } from '../contract/errors.ts';
import type { SteadyClock } from '../service/clock.ts';

interface Caller<Outcome> {
  readonly sinceMs: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/** Callers that wait for a confirm, oldest first. All wait equally long: one timer serves them, and a publish costs none. */
export class PendingConfirms<Outcome> {
  readonly #callers = new Map<string, Caller<Outcome>>();
  #timer: NodeJS.Timeout | undefined;
  #emptied: (() => void)[] = [];

  constructor(
    private readonly timeoutMs: number,
    private readonly clock: SteadyClock,
  ) {}

  /** `key` is unique among those that wait. */
  add(key: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#callers.set(key, { sinceMs: this.clock(), resolve, reject });
      this.#arm();
    });
  }

  has(key: string): boolean {
    return this.#callers.has(key);
  }

  /** For how long it has waited; 0 once it does no more. */
  ageMs(key: string): number {
    const caller = this.#callers.get(key);
    return caller === undefined ? 0 : this.clock() - caller.sinceMs;
  }

  confirm(key: string, outcome: Outcome): void {
    this.#take(key)?.resolve(outcome);
  }

  fail(key: string, error: Error): void {
    this.#take(key)?.reject(error);
  }

  failAll(error: AppError): void {
    for (const key of [...this.#callers.keys()]) this.fail(key, error);
  }

  async empty(): Promise<void> {
    if (this.#callers.size === 0) return;
    await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  #take(key: string): Caller<Outcome> | undefined {
    const caller = this.#callers.get(key);
    this.#callers.delete(key);
    if (this.#callers.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      for (const resolve of this.#emptied.splice(0)) resolve();
    }
    return caller;
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    const [oldest] = this.#callers.values();
    if (oldest === undefined) return;
    const leftMs = oldest.sinceMs + this.timeoutMs - this.clock();
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, leftMs));
  }

  #expire(): void {
    this.#timer = undefined;
    const nowMs = this.clock();
    for (const [key, { sinceMs }] of this.#callers) {
      if (nowMs - sinceMs < this.timeoutMs) break;
      this.fail(key, new AppError('broker_unavailable', `no confirm within ${this.timeoutMs} ms`));
    }
    this.#arm();
  }
}
