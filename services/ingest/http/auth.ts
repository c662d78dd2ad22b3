import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../shared/contract/errors.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';
import type { Clock } from '../../../shared/runtime/clock.ts';
import { TooManyRequests } from './problem.ts';

export interface AuthOptions {
  readonly keys: readonly string[];
  /** Headers that carry a key as it is, lower case; `Authorization` is looked at besides. */
  readonly headers: readonly string[];
  /** Wrong keys a minute and remote address; beyond, 429. */
  readonly maxBadKeys: number;
  /** Requests a second and key; 0 is unlimited. */
  readonly rateLimit: number;
  readonly clock: Clock;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** Addresses remembered for their wrong keys; beyond, the oldest are forgotten. */
const MAX_ADDRESSES = 10_000;

/**
 * Who may publish. A good key is good from any address, however many wrong ones came from there: behind a
 * proxy all callers share one address.
 */
export class Auth {
  readonly #digests: readonly Buffer[];
  readonly #rates: readonly RateWindow[];
  readonly #badKeys = new ExpiringMap<string, RateWindow>(MAX_ADDRESSES, MINUTE_MS);

  constructor(private readonly options: AuthOptions) {
    this.#digests = options.keys.map(digestOf);
    this.#rates = options.keys.map(() => new RateWindow(options.rateLimit, SECOND_MS));
  }

  /** Throws an AppError for whoever may not publish now. */
  check(headers: IncomingHttpHeaders, address: string): void {
    const candidates = this.#candidates(headers);
    const index = this.#indexOf(candidates);
    const nowMs = this.options.clock();
    if (index >= 0) {
      this.#countRequest(index, nowMs);
      return;
    }
    if (candidates.length > 0) this.#countBadKey(address, nowMs);
    throw new AppError(
      'unauthorized',
      candidates.length === 0
        ? 'Send an API key as "Authorization: Bearer KEY", in X-API-Key or X-Ea-Token, or as the password of HTTP Basic.'
        : 'The key that was sent is none of INGEST_API_KEYS.',
    );
  }

  #candidates(headers: IncomingHttpHeaders): string[] {
    const found = this.options.headers.map((name) => headers[name]);
    const { authorization = '' } = headers;
    const [, scheme = '', credentials = ''] = /^(\w+)\s+(\S+)\s*$/.exec(authorization) ?? [];
    if (scheme.toLowerCase() === 'bearer') found.push(credentials);
    if (scheme.toLowerCase() === 'basic') found.push(passwordIn(credentials));
    return found.flatMap((value) => value ?? []).filter((value) => value !== '');
  }

  /** Digests have one length whatever the keys have, and every pair is compared: the time tells nothing. */
  #indexOf(candidates: readonly string[]): number {
    let found = -1;
    for (const candidate of candidates.map(digestOf)) {
      this.#digests.forEach((digest, index) => {
        if (timingSafeEqual(digest, candidate)) found = index;
      });
    }
    return found;
  }

  #countRequest(index: number, nowMs: number): void {
    const rate = this.#rates[index];
    if (this.options.rateLimit === 0 || rate === undefined || rate.take(nowMs)) return;
    const { rateLimit } = this.options;
    throw new TooManyRequests(
      `More than ${rateLimit} requests a second with this key.`,
      rate.remainingMs(nowMs),
    );
  }

  #countBadKey(address: string, nowMs: number): void {
    let window = this.#badKeys.get(address, nowMs);
    if (window === undefined) {
      window = new RateWindow(this.options.maxBadKeys, MINUTE_MS);
      this.#badKeys.set(address, window, nowMs);
    }
    if (window.take(nowMs)) return;
    throw new TooManyRequests('Too many wrong keys from this address.', window.remainingMs(nowMs));
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function passwordIn(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}
