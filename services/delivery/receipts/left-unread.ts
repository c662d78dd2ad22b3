import type { Cursor } from '../../../shared/contract/cursor.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { ExpiringTexts } from '../../../shared/core/expiring-texts.ts';
import { eventsOf, type Frame } from './confirmations.ts';
import type { OwnEvent } from './own-event.ts';

const MAX_TOKENS = 20_000;
const MAX_SESSIONS_OF_TOKEN = 16;
/** Of all tokens together; each takes 160 bytes with its cursor. */
const MAX_FRAMES = 200_000;
const KEEP_MS = 60 * 60 * 1000;

/** A session that has ended with something unread. */
interface Left {
  readonly unread: readonly Frame[];
  readonly endedMs: number;
}

/** The sessions of one token that have ended. */
interface Past {
  readonly sessions: readonly Left[];
  /** When the last of the others did, which left nothing unread or are forgotten. */
  readonly othersEndedMs: number;
}

/**
 * What sessions that have ended were written and had not confirmed. Who comes back with a cursor of it and the same token has read
 * what stands there. What the session was written before that was read as well, unless the cursor may be from another session of the
 * token: several devices may have it, and one of them may never have been written what another was.
 */
export class LeftUnread {
  /** Of tokens with a session that left something unread. */
  readonly #past = new ExpiringMap<string, Past>(MAX_TOKENS, KEEP_MS, (token, past, nowMs) => {
    this.#frames -= framesOf(past);
    // Without it, a session that is still kept would seem to be the only one of its token.
    this.#endedMs.set(token, String(lastEndedMs(past)), nowMs);
  });
  #frames = 0;
  /** Of all others `othersEndedMs`: most tokens that were here within the hour. */
  readonly #endedMs = new ExpiringTexts(MAX_TOKENS, KEEP_MS);
  readonly #open = new Map<string, number>();

  /** `arrivedAtMs`: when an entry reached this instance, where that is still known. */
  constructor(private readonly arrivedAtMs: (cursor: Cursor) => number | undefined) {}

  /** A session of the token begins; what the cursor that it brings says was read. It is sent all again that came behind it. */
  begin(token: string, cursor: unknown, nowMs: number): readonly OwnEvent[] {
    const openBefore = this.#open.get(token) ?? 0;
    this.#open.set(token, openBefore + 1);
    const { sessions, othersEndedMs } = this.#pastOf(token, nowMs);
    const found = sessions.find(({ unread }) => unread.some(isAt(cursor)));
    if (found === undefined) return [];
    const others = sessions.filter((one) => one !== found);
    const at = found.unread.findIndex(isAt(cursor));
    const lastOtherMs = lastEndedMs({ sessions: others, othersEndedMs });
    const isItsClient = openBefore === 0 && this.#cameAfter(found.unread[at], lastOtherMs);
    const rest = isItsClient ? [] : found.unread.filter((_, index) => index !== at);
    const left = rest.length > 0 ? [{ ...found, unread: rest }] : [];
    this.#keep(token, { sessions: [...others, ...left], othersEndedMs }, nowMs);
    return eventsOf(found.unread.slice(isItsClient ? 0 : at, at + 1));
  }

  /** One of them ends. */
  end(token: string, unread: readonly Frame[], nowMs: number): void {
    const open = (this.#open.get(token) ?? 0) - 1;
    if (open > 0) this.#open.set(token, open);
    else this.#open.delete(token);
    const { sessions, othersEndedMs } = this.#pastOf(token, nowMs);
    if (unread.length === 0) {
      this.#keep(token, { sessions, othersEndedMs: nowMs }, nowMs);
      return;
    }
    const all = [...sessions, { unread, endedMs: nowMs }];
    const [oldest] = all.splice(0, all.length - MAX_SESSIONS_OF_TOKEN);
    const forgottenMs = oldest?.endedMs ?? othersEndedMs;
    this.#keep(token, { sessions: all, othersEndedMs: Math.max(forgottenMs, othersEndedMs) }, nowMs);
  }

  #pastOf(token: string, nowMs: number): Past {
    const past = this.#past.get(token, nowMs);
    if (past !== undefined) return past;
    const othersEndedMs = Number(this.#endedMs.get(token, nowMs) ?? Number.NEGATIVE_INFINITY);
    return { sessions: [], othersEndedMs };
  }

  #keep(token: string, past: Past, nowMs: number): void {
    this.#frames += framesOf(past) - framesOf(this.#past.get(token, nowMs));
    if (past.sessions.length > 0) {
      this.#past.set(token, past, nowMs);
      while (this.#frames > MAX_FRAMES) this.#past.forgetOldest(nowMs);
      return;
    }
    this.#past.delete(token);
    this.#endedMs.set(token, String(past.othersEndedMs), nowMs);
  }

  /** Whether no session that had ended by then can have been written it. */
  #cameAfter(frame: Frame | undefined, endedMs: number): boolean {
    if (endedMs === Number.NEGATIVE_INFINITY) return true;
    const arrivedMs = frame && this.arrivedAtMs(frame.cursor);
    return arrivedMs !== undefined && arrivedMs > endedMs;
  }
}

function framesOf(past: Past | undefined): number {
  return past?.sessions.reduce((frames, { unread }) => frames + unread.length, 0) ?? 0;
}

function lastEndedMs({ sessions, othersEndedMs }: Past): number {
  return Math.max(othersEndedMs, ...sessions.map(({ endedMs }) => endedMs));
}

function isAt(cursor: unknown): (frame: Frame) => boolean {
  return (frame) => frame.isProof && frame.cursor === cursor;
}
