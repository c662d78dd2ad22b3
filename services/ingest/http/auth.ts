import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../shared/contract/errors.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';
import type { Client } from '../../../shared/service/client-addresses.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { NetworkSet } from '../../../shared/config/networks.ts';
import { KeyGuesses } from './key-guesses.ts';
import { TooManyRequests } from './problem.ts';

export interface AuthOptions {
  readonly keys: readonly string[];
  /** Headers that carry a key as it is, lower case; `Authorization` is looked at besides. */
  readonly headers: readonly string[];
  /** Wrong keys a minute and remote address; beyond, 429 for all that has not used its key before. */
  readonly maxBadKeys: number;
  /** Requests a second and key; 0 is unlimited. */
  readonly rateLimit: number;
  /** Where callers need no key for what takes them without one. */
  readonly trusted: Pick<NetworkSet, 'has'>;
  readonly clock: SteadyClock;
}

const SECOND_MS = 1_000;

interface Key {
  readonly digest: Buffer;
  /** For maps. */
  readonly name: string;
  readonly rate: RateWindow;
}

/** Headers of an answer that tell how often its caller may call (draft-ietf-httpapi-ratelimit-headers-10); none where nothing limits it. */
export type RateHeaders = Readonly<Record<string, string>>;

/** Who may publish, and how often. */
export class Auth {
  #keys: readonly Key[] = [];
  /** Calls without a key have one limit together, as those with one key have. */
  readonly #keylessRate: RateWindow;
  readonly #guesses: KeyGuesses;

  constructor(private readonly options: AuthOptions) {
    this.#keylessRate = this.#newRate();
    this.#guesses = new KeyGuesses(options.maxBadKeys);
    this.reload(options.keys);
  }

  /** For requests that come from now on. A key that stays keeps its count. */
  reload(keys: readonly string[]): void {
    const before = new Map(this.#keys.map((key) => [key.name, key]));
    this.#keys = keys.map((key) => {
      const digest = digestOf(key);
      const name = digest.toString('base64');
      return before.get(name) ?? { digest, name, rate: this.#newRate() };
    });
  }

  /** Throws an AppError when the caller may not publish now. `trusting`: one in a trusted network itself needs no key. */
  check(headers: IncomingHttpHeaders, client: Client, { trusting = false } = {}): RateHeaders {
    const candidates = this.#candidates(headers);
    const nowMs = this.options.clock();
    // A key that is wrong is refused from everywhere: else a mistake in it would show only once the network changes.
    const needsNoKey = candidates.length === 0 && trusting && this.#isTrusted(client);
    if (needsNoKey) return this.#countRequest(this.#keylessRate, nowMs);
    const key = this.#keyAmong(candidates);
    if (key !== undefined) {
      const refusal = this.#guesses.right(key.name, client.address, nowMs);
      if (refusal !== undefined) throw refusal;
      return this.#countRequest(key.rate, nowMs);
    }
    const refusal = candidates.length > 0 ? this.#guesses.wrong(client.address, nowMs) : undefined;
    if (refusal !== undefined) throw refusal;
    throw new AppError(
      'unauthorized',
      candidates.length === 0
        ? `Send an API key as ${this.#places()}, or as the password of HTTP Basic.`
        : 'The key that was sent is none of INGEST_API_KEYS.',
    );
  }

  /** For what needs no key, and is answered the same with a wrong one. */
  countGuess(headers: IncomingHttpHeaders, { address }: Client): void {
    const candidates = this.#candidates(headers);
    if (candidates.length === 0 || this.#keyAmong(candidates) !== undefined) return;
    this.#guesses.wrong(address, this.options.clock());
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
  #keyAmong(candidates: readonly string[]): Key | undefined {
    let found: Key | undefined;
    for (const candidate of candidates.map(digestOf)) {
      for (const key of this.#keys) if (timingSafeEqual(key.digest, candidate)) found = key;
    }
    return found;
  }

  #isTrusted({ address, isForwarded }: Client): boolean {
    return !isForwarded && this.options.trusted.has(address);
  }

  #newRate(): RateWindow {
    return new RateWindow(this.options.rateLimit, SECOND_MS);
  }

  #countRequest(rate: RateWindow, nowMs: number): RateHeaders {
    const { rateLimit } = this.options;
    if (rateLimit === 0) return {};
    const isTaken = rate.take(nowMs);
    const isKeyless = rate === this.#keylessRate;
    const headers = rateHeaders(isKeyless ? 'keyless' : 'key', rateLimit, rate, nowMs);
    if (isTaken) return headers;
    throw new TooManyRequests(
      `More than ${rateLimit} requests a second ${isKeyless ? 'without a key' : 'with this key'}.`,
      rate.remainingMs(nowMs),
      headers,
    );
  }
}

function rateHeaders(policy: string, limit: number, rate: RateWindow, nowMs: number): RateHeaders {
  const resetS = Math.ceil(rate.remainingMs(nowMs) / SECOND_MS);
  return {
    'ratelimit-policy': `"${policy}";q=${limit};w=1`,
    ratelimit: `"${policy}";r=${rate.remaining(nowMs)};t=${resetS}`,
  };
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function passwordIn(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}
