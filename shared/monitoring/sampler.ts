import type { SteadyClock } from '../service/clock.ts';
import { SampleRing, type Sample } from './sample-ring.ts';
import type { Series } from './status.ts';

export const SAMPLE_MS = 2_000;
/** Ten minutes, about 30 KiB. */
const SAMPLES = 300;

/** Keeps the last ten minutes of a service's numbers, so that a page that is opened shows how it came to this. */
export class Sampler {
  readonly #ring = new SampleRing(SAMPLES);
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(
    private readonly take: (nowMs: number) => Promise<Sample>,
    private readonly now: SteadyClock,
  ) {
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS);
    this.#timer.unref();
  }

  series(): Series {
    return this.#ring.series();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #sample(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const nowMs = this.now();
      this.#ring.push(nowMs, await this.take(nowMs));
    } finally {
      this.#busy = false;
    }
  }
}
