import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { eventsOf, type Frame, type OwnEvent } from './confirmations.ts';

const MAX_TOKENS = 20_000;
const MAX_SESSIONS_OF_TOKEN = 16;
const KEEP_MS = 60 * 60 * 1000;

/**
 * What sessions that have ended were written and had not confirmed. A client that comes back with a cursor of it and the same token
 * has read it up to there; another device of its user may have read less.
 */
export class LeftUnread {
  readonly #ofTokens = new ExpiringMap<string, readonly (readonly Frame[])[]>(MAX_TOKENS, KEEP_MS);

  add(token: string, frames: readonly Frame[], nowMs: number): void {
    if (frames.length === 0) return;
    const others = this.#ofTokens.get(token, nowMs) ?? [];
    this.#ofTokens.set(token, [...others, frames].slice(-MAX_SESSIONS_OF_TOKEN), nowMs);
  }

  /**
   * What a cursor that somebody comes back with says was read; of what came behind it, it is sent all again. Where several sessions
   * were written it, whose client this is cannot be told: only what all of them were written up to there.
   */
  take(token: string, cursor: string, nowMs: number): readonly OwnEvent[] {
    const sessions = this.#ofTokens.get(token, nowMs) ?? [];
    const placeIn = (frames: readonly Frame[]) => frames.findIndex((frame) => frame.cursor === cursor);
    const [first, ...more] = sessions.filter((frames) => placeIn(frames) !== -1);
    if (first === undefined) return [];
    const others = sessions.filter((frames) => placeIn(frames) === -1);
    if (others.length > 0) this.#ofTokens.set(token, others, nowMs);
    else this.#ofTokens.delete(token);
    const isInAll = ({ id }: OwnEvent) =>
      more.every((frames) => frames.some(({ event }) => event?.id === id));
    return eventsOf(first.slice(0, 1 + placeIn(first))).filter(isInAll);
  }
}
