import type { CloseName } from '../../../shared/contract/close-codes.ts';
import { errorFrame, type ErrorFrame } from '../../../shared/contract/frames.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { TokenBucket } from '../../../shared/core/token-bucket.ts';
import type { DeliveryConfig } from '../config.ts';
import type { NotAdmitted } from './session-ports.ts';

/** A session that may be ended for another one. */
interface Ended {
  end(name: CloseName, why?: ErrorFrame): void;
  /** Lets go of the connection, whatever has been read of it. */
  cutOff(): void;
}

export type AdmissionLimits = Pick<
  DeliveryConfig,
  'maxSessions' | 'maxStrangers' | 'maxSessionsPerUser' | 'maxSessionsPerAddress' | 'maxConnectsPerMinute'
>;

/** What a session counts for. */
export interface Place {
  readonly userKey: string;
  /** Where a trusted proxy names its address; everybody may stand behind any other. */
  readonly network: string | undefined;
}

const MINUTE_MS = 60_000;
/** A user's devices may connect so many seconds' worth at once after a rest. */
const BURST_S = 10;
/** Users whose connects are counted at a time; of more, the first are counted anew. */
const MAX_COUNTED = 20_000;

/**
 * Who may stay: so many sessions, so many of one user and of one address, and so many connections that are none: that have shown no good token
 * yet, or are closing. The oldest of those goes for the newest, so none of them is in the way of a good token.
 */
export class Admission<Member extends Ended> {
  /** In the order in which they came, and in which they were ended. */
  readonly #strangers = new Set<Member>();
  readonly #closing = new Set<Member>();
  readonly #ofUser = new Map<string, Set<Member>>();
  readonly #places = new Map<Member, Place>();
  readonly #ofNetwork = new Map<string, number>();
  readonly #connects = new ExpiringMap<string, TokenBucket>(MAX_COUNTED, MINUTE_MS);

  constructor(private readonly limits: AdmissionLimits) {}

  /** Somebody has come, and has not shown a good token yet. */
  arrived(member: Member): void {
    this.#strangers.add(member);
    while (this.#strangers.size + this.#closing.size > this.limits.maxStrangers) {
      const [longestClosing] = this.#closing;
      if (longestClosing === undefined) {
        this.#endOldestStranger();
        return;
      }
      this.#closing.delete(longestClosing);
      longestClosing.cutOff();
    }
  }

  /** Its token is good; why it cannot stay all the same. */
  admit(member: Member, place: Place, nowMs: number): NotAdmitted | undefined {
    const { userKey, network } = place;
    const connects = this.#connectsOf(userKey, nowMs);
    if (!connects.take(nowMs)) {
      const message = `Your devices connect more than ${this.limits.maxConnectsPerMinute} times a minute.`;
      return { code: 'RATE_LIMITED', message, waitMs: connects.waitMs };
    }
    const oldest = this.#oneTooMany(userKey);
    if (oldest === undefined && this.#places.size >= this.limits.maxSessions) {
      return { code: 'OVERLOADED', message: 'This instance is full. Try again later.' };
    }
    const leaves = oldest === undefined ? undefined : this.#places.get(oldest)?.network;
    if (network !== undefined && leaves !== network && this.#isFull(network)) {
      return { code: 'OVERLOADED', message: 'Too many are connected from your address. Try again later.' };
    }
    this.#replace(oldest);
    this.#strangers.delete(member);
    this.#enter(member, place);
    return undefined;
  }

  /** Those of a user that may stay. */
  ofUser(userKey: string): Iterable<Member> {
    return this.#ofUser.get(userKey) ?? [];
  }

  /** It is the session of another user key from now on, as after a change of role. */
  becomes(member: Member, userKey: string): void {
    const place = this.#places.get(member);
    if (place === undefined || place.userKey === userKey) return;
    this.#leave(member, place);
    this.#replace(this.#oneTooMany(userKey));
    this.#enter(member, { ...place, userKey });
  }

  /** It is told why it ends; its connection is there still, unless it has left before. */
  closing(member: Member): void {
    if (!this.#strangers.has(member) && !this.#places.has(member)) return;
    this.left(member);
    this.#closing.add(member);
  }

  /** The connection is gone. */
  left(member: Member): void {
    this.#strangers.delete(member);
    this.#closing.delete(member);
    const place = this.#places.get(member);
    if (place !== undefined) this.#leave(member, place);
  }

  #enter(member: Member, place: Place): void {
    const { userKey, network } = place;
    this.#places.set(member, place);
    this.#ofUser.set(userKey, (this.#ofUser.get(userKey) ?? new Set()).add(member));
    if (network !== undefined) this.#ofNetwork.set(network, (this.#ofNetwork.get(network) ?? 0) + 1);
  }

  #leave(member: Member, { userKey, network }: Place): void {
    this.#places.delete(member);
    const own = this.#ofUser.get(userKey);
    own?.delete(member);
    if (own?.size === 0) this.#ofUser.delete(userKey);
    if (network === undefined) return;
    const others = (this.#ofNetwork.get(network) ?? 0) - 1;
    if (others > 0) this.#ofNetwork.set(network, others);
    else this.#ofNetwork.delete(network);
  }

  /** Of a user, the oldest session where there is no room for another one. */
  #oneTooMany(userKey: string): Member | undefined {
    const own = this.#ofUser.get(userKey);
    if (own === undefined || own.size < this.limits.maxSessionsPerUser) return undefined;
    const [oldest] = own;
    return oldest;
  }

  #replace(oldest: Member | undefined): void {
    if (oldest === undefined) return;
    this.closing(oldest);
    oldest.end('replaced');
  }

  #isFull(network: string): boolean {
    return (this.#ofNetwork.get(network) ?? 0) >= this.limits.maxSessionsPerAddress;
  }

  #endOldestStranger(): void {
    const [oldest] = this.#strangers;
    if (oldest === undefined) return;
    this.closing(oldest);
    oldest.end('overloaded', errorFrame('OVERLOADED', 'Too many wait for a token. Send yours at once.'));
  }

  #connectsOf(userKey: string, nowMs: number): TokenBucket {
    const perSecond = this.limits.maxConnectsPerMinute / 60;
    return this.#connects.getOrSet(
      userKey,
      nowMs,
      () => new TokenBucket(perSecond, Math.max(1, BURST_S * perSecond)),
    );
  }
}
