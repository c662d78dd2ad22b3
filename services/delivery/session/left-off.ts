import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { userKeyOf, type Principal } from './access.ts';

const MAX_USERS = 20_000;
const KEEP_MS = 60 * 60 * 1000;
/** A device that left so soon after another is served by what is given for that one. */
const SAME_MS = 60_000;
/** Sessions that one token may have left. */
const MAX_SESSIONS_OF_TOKEN = 16;

interface Place {
  /** All that arrived before was read, or is given up. */
  readonly sinceMs: number;
  readonly leftMs: number;
}

/**
 * Where users left off on the devices that left, for those that come back without a cursor. A device is known by its token, and
 * goes on from where it was. With another token, which of several devices comes back cannot be told, so each is given what the
 * earliest missed: repeats, but no gap.
 */
export class LeftOff {
  readonly #ofUsers = new ExpiringMap<string, readonly Place[]>(MAX_USERS, KEEP_MS);
  readonly #ofTokens = new ExpiringMap<string, readonly number[]>(MAX_USERS, KEEP_MS);

  /** `rewindMs`: what everybody is given at least of whom it is not known what was read. */
  constructor(private readonly rewindMs: number) {}

  /** `token`: its digest, where the client has confirmed what was before `unreadSinceMs`. */
  add(user: Principal, unreadSinceMs: number, nowMs: number, token?: string): void {
    // Who confirms nothing for hours is not given all of them.
    const sinceMs = Math.max(unreadSinceMs, nowMs - KEEP_MS);
    const others = this.#kept(user, nowMs);
    const isCovered = others.some((place) => place.sinceMs <= sinceMs && sinceMs - place.sinceMs < SAME_MS);
    const all = isCovered ? others : [...others, { sinceMs, leftMs: nowMs }];
    this.#ofUsers.set(userKeyOf(user), all, nowMs);
    if (token === undefined) return;
    const ofToken = [...(this.#ofTokens.get(token, nowMs) ?? []), sinceMs].sort((one, other) => one - other);
    this.#ofTokens.set(token, ofToken.slice(0, MAX_SESSIONS_OF_TOKEN), nowMs);
  }

  /** From when on a client without a cursor is given what it missed. */
  rewindSinceMs(user: Principal, nowMs: number, token?: string): number {
    const earliest = token === undefined ? undefined : this.#takeOf(token, nowMs);
    const places = this.#kept(user, nowMs).map(({ sinceMs }) => sinceMs);
    return earliest ?? Math.min(nowMs - this.rewindMs, ...places);
  }

  /** Of several sessions that left by one token, each that comes back goes on from the earliest, which stays for the last of them. */
  #takeOf(token: string, nowMs: number): number | undefined {
    const places = this.#ofTokens.get(token, nowMs) ?? [];
    if (places.length > 1) this.#ofTokens.set(token, places.slice(0, -1), nowMs);
    else this.#ofTokens.delete(token);
    return places[0];
  }

  #kept(user: Principal, nowMs: number): readonly Place[] {
    return (this.#ofUsers.get(userKeyOf(user), nowMs) ?? []).filter(({ leftMs }) => nowMs - leftMs < KEEP_MS);
  }
}
