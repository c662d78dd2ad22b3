import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { fetchFailure } from '../../../shared/service/fetch-failure.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { tokenDigest } from '../session/token-digest.ts';
import { fetchKeySet } from './fetch-key-set.ts';
import { headerOf, type PublicKeys } from './public-keys.ts';
import { readKeySet } from './read-keys.ts';
import type { Reading } from './verify-token.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const TIMEOUT_MS = 5 * SECOND;
/** Between two fetches that tokens ask for, and between two tries. */
const COOLDOWN_MS = 30 * SECOND;
/** How long a set holds of which the issuer does not say it, and the bounds of what it may say. */
const CACHE_MS = 600 * SECOND;
const MIN_CACHE_MS = 60 * SECOND;
const MAX_CACHE_MS = 24 * HOUR;
/** How long the last set is used after that when no other can be had. */
const KEEP_MS = 24 * HOUR;
/** Of tokens that no key fits, until the next fetch. */
const MAX_UNKNOWN = 10_000;

export interface KeysProblem {
  /** `missing`: no token of this issuer can be judged; `stale`: by the last good keys. */
  readonly state: 'missing' | 'stale';
  readonly message: string;
}

/**
 * The key set that an issuer publishes (JWT_JWKS_URL). A token is refused for good only by a set that was asked for after the
 * token came: until then it may be signed with a key that is new. So its client is told to come back, and every refusal costs at
 * most one fetch in 30 seconds.
 */
export class IssuerKeys {
  #set: { readonly keys: PublicKeys; readonly fetch: number; readonly dueAtMs: number } | undefined;
  /** Of fetches, the last that was begun. */
  #lastFetch = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;
  #failure: string | undefined;
  readonly #unknown = new ExpiringMap<string, number>(MAX_UNKNOWN, 2 * COOLDOWN_MS);
  readonly #stopped = new AbortController();

  constructor(
    private readonly url: string,
    private readonly now: SteadyClock,
    private readonly logger: Logger,
  ) {}

  async read(token: string): Promise<Reading> {
    if (headerOf(token) === undefined) return undefined;
    const known = this.#keys()?.read(token);
    if (known !== undefined) return known;
    const cameAfter = this.#cameAfter(token);
    if (this.now() >= this.#askedAtMs + COOLDOWN_MS) void this.reload();
    await this.#fetching;
    const signed = this.#keys()?.read(token);
    if (signed !== undefined) return signed;
    return this.#set !== undefined && this.#set.fetch > cameAfter ? undefined : 'unavailable';
  }

  /** Asks again when the set has had its time; called about once a second. Resolves with the answer, if it asked. */
  async tick(): Promise<void> {
    const dueAtMs = Math.max(this.#set?.dueAtMs ?? 0, this.#askedAtMs + COOLDOWN_MS);
    if (this.now() >= dueAtMs) await this.reload();
  }

  /** Asks now. */
  reload(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  get problem(): KeysProblem | undefined {
    const state = this.#keys() === undefined ? 'missing' : 'stale';
    if (this.#failure === undefined && state === 'stale') return undefined;
    return { state, message: `JWT_JWKS_URL: ${this.#failure ?? 'it was not asked yet'}` };
  }

  close(): void {
    this.#stopped.abort();
  }

  #keys(): PublicKeys | undefined {
    return this.#set !== undefined && this.now() < this.#set.dueAtMs + KEEP_MS ? this.#set.keys : undefined;
  }

  async #fetch(): Promise<void> {
    const askedAtMs = this.now();
    this.#askedAtMs = askedAtMs;
    const fetch = (this.#lastFetch += 1);
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#stopped.signal]);
      const { text, maxAgeMs = CACHE_MS } = await fetchKeySet(this.url, signal);
      const read = readKeySet(text);
      if ('problem' in read) throw new Error(`its answer ${read.problem}`);
      const cacheMs = Math.min(Math.max(maxAgeMs, MIN_CACHE_MS), MAX_CACHE_MS);
      this.#set = { keys: read.keys, fetch, dueAtMs: askedAtMs + cacheMs };
      this.#failure = undefined;
      this.logger.info({ keys: read.keys.size, passed_over: read.passedOver }, 'read the keys of the issuer');
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const failure = fetchFailure(error, { timeoutMs: TIMEOUT_MS, wrong: 'its answer is no JWKS' });
      if (failure !== this.#failure) {
        this.logger.warn({ failure }, 'the keys of the issuer cannot be read: look at JWT_JWKS_URL');
      }
      this.#failure = failure;
    }
  }

  /** The last fetch that had begun when the token came for the first time. */
  #cameAfter(token: string): number {
    const digest = tokenDigest(token);
    const nowMs = this.now();
    const known = this.#unknown.get(digest, nowMs);
    if (known === undefined) this.#unknown.set(digest, this.#lastFetch, nowMs);
    return known ?? this.#lastFetch;
  }
}
