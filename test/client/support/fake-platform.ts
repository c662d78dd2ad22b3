import type { Platform } from '../../../client/src/platform.ts';

interface Timer {
  readonly at: number;
  readonly then: () => void;
}

/** A clock that goes when a test says so, and a page that is looked at when a test says so. */
export class FakePlatform implements Platform {
  readonly timersMs: number[] = [];
  readonly logged: unknown[] = [];
  /** What the next waits draw; 0.5 when it is used up. */
  random: () => number = () => 0.5;
  #now = Date.UTC(2026, 10, 28);
  readonly #timers = new Set<Timer>();
  readonly #wakes = new Set<() => void>();

  now(): number {
    return this.#now;
  }

  /** Of the client. */
  setTimeout(then: () => void, ms: number): unknown {
    this.timersMs.push(ms);
    return this.after(ms, then);
  }

  after(ms: number, then: () => void): unknown {
    const timer = { at: this.#now + Math.max(0, ms), then };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  onWake(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  logError(error: unknown): void {
    this.logged.push(error);
  }

  get watchers(): number {
    return this.#wakes.size;
  }

  /** Somebody looks at the page again, or the network is back. */
  async wake(): Promise<void> {
    for (const wake of this.#wakes) wake();
    await settle();
  }

  /** Time goes on; what falls due happens in its order. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = Math.max(this.#now, next.at);
      this.#fire(next);
      await settle();
    }
    this.#now = until;
  }

  /** Nothing runs, and then everything that is overdue. */
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }

  /** Somebody sets the clock; timers go on by the time that has passed. */
  setBack(ms: number): void {
    this.#now -= ms;
    const timers = [...this.#timers];
    for (const timer of timers) Object.assign(timer, { at: timer.at - ms });
  }

  #next(until: number): Timer | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= until);
    return due.sort((one, other) => one.at - other.at)[0];
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    timer.then();
  }
}

/** Lets promises settle. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
