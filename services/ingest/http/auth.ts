import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../shared/contract/errors.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';
import type { Client } from '../../../shared/service/client-addresses.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { NetworkSet } from '../../../shared/config/networks.ts';
import type { IngestConfig } from '../config.ts';
import { KeyBytes } from './key-bytes.ts';
import { KeyGuesses } from './key-guesses.ts';
import { TooManyRequests } from './problem.ts';

export type AuthConfig = Pick<
  IngestConfig,
  'ingestApiKeys' | 'ingestMaxBadKeys' | 'ingestRateLimit' | 'broadcastTrustedNetworks'
>;

const SECOND_MS = 1_000;
const OWN_HEADER = 'x-api-key';

interface Key {
  readonly bytes: KeyBytes;
  /** For maps: a digest. */
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
  /** Of what needs no key; apart, so that those who ask for it take nothing from those who publish. */
  readonly #openRate: RateWindow;
  readonly #guesses: KeyGuesses;
  /** Where callers need no key for what takes them without one. */
  readonly #trusted: NetworkSet;
  /** Those that carry a key as it is, lower case; `Authorization` is looked at besides. */
  readonly #headers: readonly string[];

  constructor(
    private readonly config: AuthConfig,
    headersOfBackends: readonly string[],
    private readonly clock: SteadyClock,
    private readonly unknownKey = 'The key that was sent is none of INGEST_API_KEYS.',
  ) {
    this.#keylessRate = this.#newRate();
    this.#openRate = this.#newRate();
    this.#guesses = new KeyGuesses(config.ingestMaxBadKeys);
    this.#trusted = new NetworkSet(config.broadcastTrustedNetworks);
    this.#headers = [...new Set([OWN_HEADER, ...headersOfBackends])];
    this.reload(config);
  }

  /** Takes its keys, and nothing else, for requests that come from now on. A key that stays keeps its count. */
  reload({ ingestApiKeys }: Pick<AuthConfig, 'ingestApiKeys'>): void {
    const before = new Map(this.#keys.map((key) => [key.name, key]));
    this.#keys = ingestApiKeys.reveal().map((key) => {
      const name = createHash('sha256').update(key).digest('base64');
      return before.get(name) ?? { bytes: new KeyBytes(key), name, rate: this.#newRate() };
    });
  }

  /** Throws an AppError when the caller may not publish now. `trusting`: one in a trusted network itself needs no key. */
  check(headers: IncomingHttpHeaders, client: Client, { trusting = false } = {}): RateHeaders {
    const candidates = this.#candidates(headers);
    const nowMs = this.clock();
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
        : this.unknownKey,
    );
  }

  /** Of what needs no key: throws an AppError when all together have asked for it often enough. */
  checkOpen(headers: IncomingHttpHeaders, client: Client): RateHeaders {
    this.countGuess(headers, client);
    return this.#countRequest(this.#openRate, this.clock());
  }

  /** Where no key is needed, a wrong one is answered as any other. */
  countGuess(headers: IncomingHttpHeaders, { address }: Client): void {
    const candidates = this.#candidates(headers);
    if (candidates.length === 0 || this.#keyAmong(candidates) !== undefined) return;
    this.#guesses.wrong(address, this.clock());
  }

  /** Of the right key that a request brings, counted from 1: a log may name a key so. */
  numberOf(headers: IncomingHttpHeaders): number | undefined {
    const key = this.#keyAmong(this.#candidates(headers));
    return key && this.#keys.indexOf(key) + 1;
  }

  #places(): string {
    return ['authorization: Bearer', ...this.#headers.map((name) => `${name}:`)]
      .map((start) => `"${start} KEY"`)
      .join(', ');
  }

  #candidates(headers: IncomingHttpHeaders): string[] {
    const found = this.#headers.map((name) => headers[name]);
    const { authorization = '' } = headers;
    const [, scheme = '', credentials = ''] = /^(\w+)\s+(\S+)$/.exec(authorization) ?? [];
    if (scheme.toLowerCase() === 'bearer') found.push(credentials);
    if (scheme.toLowerCase() === 'basic') found.push(passwordIn(credentials));
    return found.flatMap((value) => value ?? []).filter((value) => value !== '');
  }

  /** Every pair is compared: the time does not tell which key it was. */
  #keyAmong(candidates: readonly string[]): Key | undefined {
    let found: Key | undefined;
    for (const candidate of candidates) {
      const bytes = new KeyBytes(candidate);
      for (const key of this.#keys) if (key.bytes.equals(bytes)) found = key;
    }
    return found;
  }

  #isTrusted({ address, isForwarded }: Client): boolean {
    return !isForwarded && this.#trusted.has(address);
  }

  #newRate(): RateWindow {
    return new RateWindow(this.config.ingestRateLimit, SECOND_MS);
  }

  #countRequest(rate: RateWindow, nowMs: number): RateHeaders {
    const { ingestRateLimit: rateLimit } = this.config;
    if (rateLimit === 0) return {};
    const isTaken = rate.take(nowMs);
    const isKeyless = rate === this.#keylessRate || rate === this.#openRate;
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

function passwordIn(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}
