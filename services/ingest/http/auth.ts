import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../shared/contract/errors.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';
import type { Client } from '../../../shared/service/client-addresses.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { NetworkSet } from '../../../shared/config/networks.ts';
import { TooManyRequests, TooManyWrongKeys } from './problem.ts';

export interface AuthOptions {
  readonly keys: readonly string[];
  /** Headers that carry a key as it is, lower case; `Authorization` is looked at besides. */
  readonly headers: readonly string[];
  /** Wrong keys a minute and remote address; beyond, 429. */
  readonly maxBadKeys: number;
  /** Requests a second and key; 0 is unlimited. */
  readonly rateLimit: number;
  /** Where callers need no key for what takes them without one. */
  readonly trusted: Pick<NetworkSet, 'has'>;
  readonly clock: SteadyClock;
  readonly logger: Pick<Logger, 'warn'>;
}

const MIN_KEY_CHARACTERS = 16;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** Addresses remembered for their wrong keys; beyond, the oldest are forgotten. */
const MAX_ADDRESSES = 10_000;

/** Who may publish. A good key is good however many wrong ones come from its address: callers behind a proxy share one. */
export class Auth {
  readonly #keys: readonly { readonly digest: Buffer; readonly rate: RateWindow }[];
  /** Calls without a key have one limit together, as those with one key have. */
  readonly #keylessRate: RateWindow;
  readonly #badKeys = new ExpiringMap<string, RateWindow>(MAX_ADDRESSES, MINUTE_MS);

  constructor(private readonly options: AuthOptions) {
    if (options.keys.some((key) => key.length < MIN_KEY_CHARACTERS)) {
      options.logger.warn(
        `a key in INGEST_API_KEYS has fewer than ${MIN_KEY_CHARACTERS} characters: it may be guessed`,
      );
    }
    const rate = () => new RateWindow(options.rateLimit, SECOND_MS);
    this.#keys = options.keys.map((key) => ({ digest: digestOf(key), rate: rate() }));
    this.#keylessRate = rate();
  }

  /** Throws an AppError when the caller may not publish now. `trusting`: one in a trusted network itself needs no key. */
  check(headers: IncomingHttpHeaders, client: Client, { trusting = false } = {}): void {
    const candidates = this.#candidates(headers);
    const nowMs = this.options.clock();
    // A key that is wrong is refused from everywhere: else a mistake in it would show only once the network changes.
    const needsNoKey = candidates.length === 0 && trusting && this.#isTrusted(client);
    const rate = needsNoKey ? this.#keylessRate : this.#rateOf(candidates);
    if (rate !== undefined) {
      this.#countRequest(rate, nowMs);
      return;
    }
    if (candidates.length > 0) this.#countBadKey(client.address, nowMs);
    throw new AppError(
      'unauthorized',
      candidates.length === 0
        ? `Send an API key as ${this.#places()}, or as the password of HTTP Basic.`
        : 'The key that was sent is none of INGEST_API_KEYS.',
    );
  }

  #places(): string {
    return ['authorization: Bearer', ...this.options.headers.map((name) => `${name}:`)]
      .map((start) => `"${start} KEY"`)
      .join(', ');
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
  #rateOf(candidates: readonly string[]): RateWindow | undefined {
    let found: RateWindow | undefined;
    for (const candidate of candidates.map(digestOf)) {
      for (const { digest, rate } of this.#keys) if (timingSafeEqual(digest, candidate)) found = rate;
    }
    return found;
  }

  #isTrusted({ address, isForwarded }: Client): boolean {
    return !isForwarded && this.options.trusted.has(address);
  }

  #countRequest(rate: RateWindow, nowMs: number): void {
    const { rateLimit } = this.options;
    if (rateLimit === 0 || rate.take(nowMs)) return;
    throw new TooManyRequests(
      `More than ${rateLimit} requests a second ${rate === this.#keylessRate ? 'without a key' : 'with this key'}.`,
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
    throw new TooManyWrongKeys('Too many wrong keys from this address.', window.remainingMs(nowMs));
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function passwordIn(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}
