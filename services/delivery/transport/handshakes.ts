import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { TokenBucket } from '../../../shared/core/token-bucket.ts';
import type { ClientAddresses, Origin } from '../../../shared/service/client-addresses.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { DeliveryConfig } from '../config.ts';
import { goingAway, type Refusal } from './http/answer.ts';

/** After a rest, so many seconds' worth of handshakes come at once: a restart brings everybody back within a few. */
const BURST_S = 4;
/** Addresses that are counted at a time; of more, the first are counted anew. */
const MAX_ADDRESSES = 20_000;
/** A bucket that nobody took from for so long is full again. */
const FULL_MS = BURST_S * 1_000;
const SOONEST_RETRY_S = 1;
const RETRY_SPREAD_S = 10;

export interface HandshakeOptions {
  readonly limits: Pick<DeliveryConfig, 'maxHandshakesPerSecond' | 'maxHandshakesPerSecondPerAddress'>;
  readonly clients: Pick<ClientAddresses, 'of'>;
  /** Whether the instance takes anybody. */
  readonly accepts: () => boolean;
  /** How long the bearer of a token has to wait. */
  readonly shutOutMs: (token: string) => number;
  readonly now: SteadyClock;
}

/**
 * Turns away who comes too often, before a handshake or a signature: that costs a fraction of letting them in. Only addresses that a
 * trusted proxy names are counted apart: any other may be a proxy's, with everybody behind it.
 */
export class Handshakes {
  readonly #all: TokenBucket;
  readonly #byAddress = new ExpiringMap<string, TokenBucket>(MAX_ADDRESSES, FULL_MS);

  constructor(private readonly options: HandshakeOptions) {
    this.#all = bucketOf(options.limits.maxHandshakesPerSecond);
  }

  /** Why a request is turned away; `undefined`: it is not. */
  refusalOf(request: Origin, token: string | undefined): Refusal | undefined {
    const { accepts, shutOutMs, now } = this.options;
    if (!accepts()) return goingAway;
    const waitMs = token === undefined ? 0 : shutOutMs(token);
    if (waitMs > 0) return shutOutFor(Math.ceil(waitMs / 1_000));
    const nowMs = now();
    const mayPass = this.#addressMayPass(request, nowMs) && this.#all.take(nowMs);
    return mayPass ? undefined : tooMany();
  }

  #addressMayPass(request: Origin, nowMs: number): boolean {
    const { clients, limits } = this.options;
    const { address, isNamed } = clients.of(request);
    if (!isNamed) return true;
    const bucket = this.#byAddress.get(address, nowMs) ?? bucketOf(limits.maxHandshakesPerSecondPerAddress);
    this.#byAddress.set(address, bucket, nowMs);
    return bucket.take(nowMs);
  }
}

function bucketOf(perSecond: number): TokenBucket {
  return new TokenBucket(perSecond, BURST_S * perSecond);
}

function shutOutFor(waitSeconds: number): Refusal {
  const message = `You came too often. Come back in ${waitSeconds} seconds.`;
  return { code: 'RATE_LIMITED', message, waitSeconds };
}

/** Spread, so that those who came together do not come back together. */
function tooMany(): Refusal {
  const waitSeconds = SOONEST_RETRY_S + Math.floor(Math.random() * RETRY_SPREAD_S);
  return { code: 'OVERLOADED', message: 'Too many connect at once. Try again later.', waitSeconds };
}
