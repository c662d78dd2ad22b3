import { networkOf } from '../../../shared/core/address-network.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';
import { TooManyWrongKeys } from './problem.ts';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
/** Beyond, the oldest are forgotten. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts the wrong keys of each address. Past the limit a right one may be the next guess, so it is refused too, but from an
 * address that has used it before: callers behind a proxy share one with somebody who guesses.
 */
export class KeyGuesses {
  readonly #wrong = new ExpiringMap<string, RateWindow>(MAX_ADDRESSES, MINUTE_MS);
  readonly #used = new ExpiringMap<string, true>(MAX_ADDRESSES, WEEK_MS);

  /** `max`: a minute and address. */
  constructor(private readonly max: number) {}

  /** Why a right key is refused; `key` stands for it. */
  right(key: string, address: string, nowMs: number): TooManyWrongKeys | undefined {
    const network = networkOf(address);
    const use = `${key} ${network}`;
    const window = this.#wrong.get(network, nowMs);
    if (window?.remaining(nowMs) === 0 && this.#used.get(use, nowMs) === undefined)
      return tooMany(window, nowMs);
    this.#used.set(use, true, nowMs);
    return undefined;
  }

  /** Counts it, and says how it is refused where there have been too many. */
  wrong(address: string, nowMs: number): TooManyWrongKeys | undefined {
    const window = this.#wrong.getOrSet(networkOf(address), nowMs, () => new RateWindow(this.max, MINUTE_MS));
    return window.take(nowMs) ? undefined : tooMany(window, nowMs);
  }
}

function tooMany(window: RateWindow, nowMs: number): TooManyWrongKeys {
  return new TooManyWrongKeys(
    'Too many wrong keys from this address: until Retry-After only a key that it has used before is taken.',
    window.remainingMs(nowMs),
  );
}
