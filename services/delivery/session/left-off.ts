import type { Cursor } from '../../../shared/contract/cursor.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { userKeyOf, type Principal } from './access.ts';

const MAX_USERS = 20_000;
const KEEP_MS = 60 * 60 * 1000;
/** A device that left so soon after another is served by what is given for that one: phones in a tunnel leave every minute. */
const SAME_MS = 5 * 60_000;

/** A device that is connected, or was until now. */
interface Device {
  readonly transport: { readonly heardAtMs?: number | undefined };
  readonly receipts:
    | { unreadSinceMs(endedAtMs: number, arrivedAtMs: ArrivedAtMs): number | undefined }
    | undefined;
  readonly stream: { readonly arrivedAtMs: ArrivedAtMs };
}
type ArrivedAtMs = (cursor: Cursor) => number | undefined;

/**
 * All that arrived before was read, as far as its transport tells. A sign of life does not prove that all before it was; nor does
 * an answer, of what arrived and was not written yet.
 */
export function unreadSinceMs({ transport, receipts, stream }: Device): number | undefined {
  const { heardAtMs } = transport;
  if (heardAtMs === undefined) return undefined;
  const sinceMs = receipts?.unreadSinceMs(heardAtMs, (cursor) => stream.arrivedAtMs(cursor));
  return Math.min(heardAtMs, sinceMs ?? heardAtMs);
}

interface Place {
  /** All that arrived before was read, or is given up. */
  readonly sinceMs: number;
  readonly leftMs: number;
}

/**
 * Where users left off on the devices that left, for those that come back without a cursor. Which of several devices comes back
 * cannot be told, not even by its token, so each is given what the earliest missed: repeats, but no gap.
 */
export class LeftOff {
  readonly #ofUsers = new ExpiringMap<string, readonly Place[]>(MAX_USERS, KEEP_MS);

  /** `rewindMs`: what everybody is given at least, since a device that comes may never have been here. */
  constructor(private readonly rewindMs: number) {}

  /** `unreadSinceMs`: what arrived later may be unread. */
  add(user: Principal, unreadSinceMs: number, nowMs: number): void {
    // Who confirms nothing for hours is not given all of them.
    const sinceMs = Math.max(unreadSinceMs, nowMs - KEEP_MS);
    const others = this.#kept(user, nowMs);
    const covers = (place: Place) => place.sinceMs <= sinceMs && sinceMs - place.sinceMs < SAME_MS;
    const covering = others.find(covers);
    const place = { sinceMs: covering?.sinceMs ?? sinceMs, leftMs: nowMs };
    const all = [...others.filter((other) => other !== covering), place];
    this.#ofUsers.set(userKeyOf(user), all, nowMs);
  }

  /** From when on a client without a cursor is given what it missed; `unreadSinceMs`: of devices that seem to be there still. */
  rewindSinceMs(user: Principal, nowMs: number, unreadSinceMs: readonly number[] = []): number {
    const open = unreadSinceMs.map((sinceMs) => Math.max(sinceMs, nowMs - KEEP_MS));
    const left = this.#kept(user, nowMs).map(({ sinceMs }) => sinceMs);
    return Math.min(nowMs - this.rewindMs, ...left, ...open);
  }

  /** When the last device of a user left, as far as that is kept. */
  leftAtMs(user: Pick<Principal, 'role' | 'userId'>, nowMs: number): number | undefined {
    const kept = this.#kept(user, nowMs);
    return kept.length === 0 ? undefined : Math.max(...kept.map(({ leftMs }) => leftMs));
  }

  #kept(user: Pick<Principal, 'role' | 'userId'>, nowMs: number): readonly Place[] {
    return (this.#ofUsers.get(userKeyOf(user), nowMs) ?? []).filter(({ leftMs }) => nowMs - leftMs < KEEP_MS);
  }
}
