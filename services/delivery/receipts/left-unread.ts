import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { eventsOf, type Frame, type OwnEvent } from './confirmations.ts';

const MAX_USERS = 20_000;
const MAX_SESSIONS_OF_USER = 16;
const KEEP_MS = 60 * 60 * 1000;

/** What sessions that have ended were written and had not confirmed: a client that comes back with a cursor of it has read it up to there. */
export class LeftUnread {
  readonly #ofUsers = new ExpiringMap<string, readonly (readonly Frame[])[]>(MAX_USERS, KEEP_MS);

  add(userKey: string, frames: readonly Frame[], nowMs: number): void {
    if (frames.length === 0) return;
    const others = this.#ofUsers.get(userKey, nowMs) ?? [];
    this.#ofUsers.set(userKey, [...others, frames].slice(-MAX_SESSIONS_OF_USER), nowMs);
  }

  /** What a cursor that somebody comes back with says was read; of what came behind it, it is sent all again. */
  take(userKey: string, cursor: string, nowMs: number): readonly OwnEvent[] {
    const sessions = this.#ofUsers.get(userKey, nowMs) ?? [];
    const isMeant = (frames: readonly Frame[]) => frames.some((frame) => frame.cursor === cursor);
    const meant = sessions.find(isMeant);
    if (meant === undefined) return [];
    const others = sessions.filter((frames) => frames !== meant);
    if (others.length > 0) this.#ofUsers.set(userKey, others, nowMs);
    else this.#ofUsers.delete(userKey);
    return eventsOf(meant.slice(0, 1 + meant.findIndex((frame) => frame.cursor === cursor)));
  }
}
