import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { TokenBucket } from '../../../shared/core/token-bucket.ts';
import type { Client } from '../../../shared/service/client-addresses.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { DeliveryConfig } from '../config.ts';
import { HandshakeQueue } from './handshake-queue.ts';
import { goingAway, type Refusal } from './http/answer.ts';

/** After a rest, so many seconds' worth of handshakes come at once: a restart brings everybody back within a few. */
const BURST_S = 4;
/** Networks of addresses that are counted at a time; of more, the first are counted anew. */
const MAX_ADDRESSES = 20_000;
/** A bucket that nobody took from for so long is full again. */
const FULL_MS = BURST_S * 1_000;
const SOONEST_RETRY_S = 1;
const RETRY_SPREAD_S = 10;

export interface HandshakeOptions {
  readonly limits: Pick<DeliveryConfig, 'maxHandshakesPerSecond' | 'maxHandshakesPerSecondPerAddress'>;
  /** Whether the instance takes anybody. */
  readonly accepts: () => boolean;
  /** How long the bearer of a token has to wait. */
  readonly shutOutMs: (token: string) => number;
  readonly now: SteadyClock;
}

/** What becomes of a request. */
export interface Door {
  readonly take: () => void;
  readonly refuse: (refusal: Refusal) => void;
}

/**
 * Turns away who comes too often, before a handshake or a signature: that costs a fraction of letting them in. Only addresses that a
 * trusted proxy names are counted apart: any other may be a proxy's, with everybody behind it.
 */
export class Handshakes {
  readonly #all: TokenBucket;
  readonly #queue: HandshakeQueue;
  readonly #byNetwork = new ExpiringMap<string, TokenBucket>(MAX_ADDRESSES, FULL_MS);

  constructor(private readonly options: HandshakeOptions) {
    this.#all = bucketOf(options.limits.maxHandshakesPerSecond);
    this.#queue = new HandshakeQueue(options.now);
  }

  /** Calls one of the two: who is not turned away at once is let in, or turned away all the same, when it is their turn. */
  enter(client: Client, token: string | undefined, { take, refuse }: Door): void {
    const refusal = this.#refusalOfToken(token) ?? this.#refusalOfRate(client);
    if (refusal !== undefined) {
      refuse(refusal);
      return;
    }
    this.#queue.add(client.isNamed ? client.network : (token ?? ''), () => {
      const refusalByNow = this.#refusalOfToken(token);
      if (refusalByNow === undefined) take();
      else refuse(refusalByNow);
    });
  }

  #refusalOfToken(token: string | undefined): Refusal | undefined {
    const { accepts, shutOutMs } = this.options;
    if (!accepts()) return goingAway;
    const waitMs = token === undefined ? 0 : shutOutMs(token);
    return waitMs > 0 ? shutOutFor(Math.ceil(waitMs / 1_000)) : undefined;
  }

  #refusalOfRate(client: Client): Refusal | undefined {
    const nowMs = this.options.now();
    return this.#networkMayPass(client, nowMs) && this.#all.take(nowMs) ? undefined : tooMany();
  }

  #networkMayPass({ network, isNamed }: Client, nowMs: number): boolean {
    if (!isNamed) return true;
    const { maxHandshakesPerSecondPerAddress: perSecond } = this.options.limits;
    const bucket = this.#byNetwork.get(network, nowMs) ?? bucketOf(perSecond);
    this.#byNetwork.set(network, bucket, nowMs);
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
