import { ExpiringMap } from './expiring-map.ts';
import { RateWindow } from './rate-window.ts';

/** Lines a minute about the network of one address: a client that errs is named many times, and one that floods is known by then. */
const PER_ADDRESS = 60;
/** About all together, however many addresses there are: some 100 KB a minute. */
const IN_ALL = 300;
const MINUTE_MS = 60_000;
/** Networks remembered, about 200 bytes each; beyond, the oldest starts anew. */
const ADDRESSES_MAX = 10_000;

/** Keeps a storm of strangers from filling the log. What is left out is counted, and said with the next line. */
export class LineBudget {
  readonly #inAll: RateWindow;
  readonly #byNetwork = new ExpiringMap<string, RateWindow>(ADDRESSES_MAX, MINUTE_MS);
  #leftOut = 0;

  constructor(
    private readonly perNetwork = PER_ADDRESS,
    inAll = IN_ALL,
  ) {
    this.#inAll = new RateWindow(inAll, MINUTE_MS);
  }

  /** How many lines have been left out since the last one that went; `undefined`: this one is left out as well. */
  take(network: string, nowMs: number): number | undefined {
    const ofNetwork = this.#byNetwork.getOrSet(
      network,
      nowMs,
      () => new RateWindow(this.perNetwork, MINUTE_MS),
    );
    if (!ofNetwork.take(nowMs) || !this.#inAll.take(nowMs)) {
      this.#leftOut += 1;
      return undefined;
    }
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
