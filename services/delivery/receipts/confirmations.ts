import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ReceiptStage } from '../../../shared/contract/receipt.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import type { EntryRun } from '../stream/entry-run.ts';
import type { Receiver } from '../stream/feed.ts';
import type { TimelineEntry } from '../stream/timeline.ts';
import { eventOf, type OwnEvent } from './own-event.ts';

/** Sessions are looked at about once a second; a timer is not that exact. */
const ASK_AGAIN_MS = 950;
/** Frames of one session that wait to be confirmed, and events that its app may still take; of more, the oldest stay as they are. */
const MAX_UNREAD = 256;

/** What was written; `event` where it is one of the user's own. */
export interface Frame {
  readonly cursor: Cursor;
  readonly event: OwnEvent | undefined;
  /** Its number among all that this session was written. */
  readonly place: number;
  /** Whether who names its cursor has read it: not where the client had the cursor before. */
  readonly isProof: boolean;
}

export interface ConfirmationsOptions {
  /** Of whom receipts are; `undefined` for somebody who has no room of their own. */
  readonly room: Room | undefined;
  /** All that arrived before was written to its user, and read. */
  readonly readUpToMs: number;
  /** Frames that no receipt waits for are asked for this seldom. */
  readonly lazyAskMs: number;
  readonly report: (stage: ReceiptStage, event: OwnEvent) => void;
  /** There is something to ask for, now or when it is time to. */
  readonly askSoon: () => void;
  readonly now: SteadyClock;
}

interface Asked {
  readonly cursor: Cursor;
  /** Of the last frame before the question. */
  readonly place: number;
  readonly atMs: number;
  readonly wasLive: boolean;
}

/**
 * What one session was written, and how far its client has read that.
 *
 * Frames of a connection come in order, so whoever names a cursor that it has from a frame has read all before that. An exact match
 * counts and nothing else. The client is asked with the newest cursor, by one question at a time: the answer proves all that was
 * written before the question. A frame costs a few assignments, unless it is an event of its own or follows one that is unread.
 */
export class Confirmations implements Receiver {
  #room: Room | undefined;
  /** Frames so far, and how many of them are known to be read. */
  #count = 0;
  #readCount = 0;
  /** From the oldest unread event of its own on, in the order in which they were written. */
  #unread: Frame[] = [];
  #ownUnread = 0;
  /** Of its own, read, and not said to be taken by the app. */
  #unseen: Frame[] = [];
  /** The newest frame that its client had not had before. */
  #newest: Cursor | undefined;
  #newestPlace = 0;
  /** Its client has this cursor from elsewhere than the event that it names. */
  #told: Cursor | undefined;
  #confirmed: Cursor | undefined;
  #asked: Asked | undefined;
  #askedAtMs: number | undefined;
  /** Since the first question about an event of its own that it has not answered. */
  #waitingSinceMs: number | undefined;
  #isLive = false;
  /** Until it has read what it missed, nothing tells how far into that it has got. */
  #isUnreadFromStart = true;
  #readUpToMs: number;
  /** The first frame that may be unread, and of those behind the question. */
  #first: Cursor | undefined;
  #firstSinceAsked: Cursor | undefined;

  constructor(private readonly options: ConfirmationsOptions) {
    this.#room = options.room;
    this.#readUpToMs = options.readUpToMs;
  }

  /** Events of its own that wait to be confirmed, and what was written behind them. */
  get unread(): readonly Frame[] {
    return this.#unread;
  }

  /** The newest cursor that it has confirmed. */
  get confirmed(): Cursor | undefined {
    return this.#confirmed;
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  /** Frames that it has not confirmed. */
  get behind(): number {
    return this.#count - this.#readCount;
  }

  /** Its client was told a cursor before it is written what stands there. */
  told(cursor: Cursor): void {
    this.#told = cursor;
  }

  written(entry: TimelineEntry): void {
    const { cursor } = entry;
    this.#wrote(cursor, 1);
    this.#first ??= cursor;
    this.#firstSinceAsked ??= cursor;
    this.#keep(entry);
  }

  writtenTogether({ entries }: EntryRun): void {
    const [first] = entries;
    const last = entries.at(-1);
    if (this.#ownUnread > 0) for (const entry of entries) this.written(entry);
    else if (first !== undefined && last !== undefined) {
      this.#wrote(last.cursor, entries.length);
      this.#first ??= first.cursor;
      this.#firstSinceAsked ??= first.cursor;
    }
  }

  /** What an operator sends once more: its cursor is an old one, which proves nothing. */
  writtenAgain(entry: TimelineEntry): void {
    if (this.#newest === undefined) {
      this.told(entry.cursor);
      this.#wrote(entry.cursor, 1);
    } else this.#count += 1;
    this.#keep(entry, true);
  }

  /** It has been written all that it missed, and gets what comes. */
  goLive(nowMs: number): void {
    this.#isLive = true;
    if (this.#ownUnread > 0) this.options.askSoon();
    if (this.#first !== undefined) return;
    this.#isUnreadFromStart = false;
    this.#readUpToMs = nowMs;
  }

  /** It is somebody else's now, as after a change of role. */
  becomes(room: Room | undefined): void {
    if (room === this.#room) return;
    this.#room = room;
    this.#unread = [];
    this.#ownUnread = 0;
    this.#unseen = [];
  }

  /** When there is something to ask; the past where that is now. */
  get nextAskMs(): number {
    // Two questions with the same cursor could not be told apart by their answers.
    if (this.behind === 0 || this.#asked?.cursor === this.#newest) return Number.POSITIVE_INFINITY;
    const isUrgent = this.#ownUnread > 0 && this.#asked === undefined;
    if (isUrgent) return (this.#askedAtMs ?? Number.NEGATIVE_INFINITY) + ASK_AGAIN_MS;
    return (this.#askedAtMs ?? this.options.readUpToMs) + this.options.lazyAskMs;
  }

  /** The cursor to ask with, where it is time to. */
  ask(nowMs: number): Cursor | undefined {
    const cursor = this.#newest;
    if (cursor === undefined || this.nextAskMs > nowMs) return undefined;
    this.#asked = { cursor, place: this.#count, atMs: nowMs, wasLive: this.#isLive };
    this.#askedAtMs = nowMs;
    this.#firstSinceAsked = undefined;
    if (this.#ownUnread > 0) this.#waitingSinceMs ??= nowMs;
    return cursor;
  }

  /** The client gave a cursor back; `false`: none that it is known to have been sent. */
  read(cursor: string): boolean {
    const asked = this.#asked?.cursor === cursor ? this.#asked : undefined;
    const isKnown = asked === undefined ? this.#readUpTo(cursor) : this.#answered(asked);
    if (isKnown && this.#ownUnread > 0) this.options.askSoon();
    return isKnown;
  }

  /** Its app has taken all up to a cursor. */
  seen(cursor: string): boolean {
    const isKnown = this.#readUpTo(cursor);
    const isThere = (frame: Frame) => frame.isProof && frame.cursor === cursor;
    const taken = isKnown ? this.#unseen.length : 1 + this.#unseen.findIndex(isThere);
    for (const event of eventsOf(this.#unseen.splice(0, taken))) this.options.report('seen', event);
    return isKnown || taken > 0;
  }

  /** How long it has owed an answer about an event of its own. */
  waitingMs(nowMs: number): number {
    return this.#waitingSinceMs === undefined ? 0 : nowMs - this.#waitingSinceMs;
  }

  /** All that arrived before was read; `arrivedAtMs`: when an event arrived, as far as that is known. */
  unreadSinceMs(endedAtMs: number, arrivedAtMs: (cursor: Cursor) => number | undefined): number {
    if (!this.#isLive || this.#isUnreadFromStart) return this.#readUpToMs;
    if (this.#first === undefined) return endedAtMs;
    return Math.max(this.#readUpToMs, arrivedAtMs(this.#first) ?? this.#readUpToMs);
  }

  #wrote(newest: Cursor, frames: number): void {
    this.#count += frames;
    this.#newest = newest;
    this.#newestPlace = this.#count;
  }

  #keep(entry: TimelineEntry, isAgain = false): void {
    const event = this.#room === undefined ? undefined : eventOf(this.#room, entry);
    if (event === undefined && this.#ownUnread === 0) return;
    // Compared no sooner: that costs as much as all else that a frame does here.
    const isProof = !isAgain && entry.cursor !== this.#told;
    this.#unread.push({ cursor: entry.cursor, event, place: this.#count, isProof });
    if (event !== undefined) {
      this.#ownUnread += 1;
      this.options.report('written', event);
      // With what is written now the question costs next to nothing.
      if (this.#asked === undefined && (this.#ownUnread === 1 || this.nextAskMs <= this.options.now()))
        this.options.askSoon();
    }
    if (this.#unread.length <= MAX_UNREAD) return;
    if (this.#unread.shift()?.event !== undefined) this.#ownUnread -= 1;
  }

  /** By the cursor of a frame alone. */
  #readUpTo(cursor: string): boolean {
    const newest = this.#newest;
    if (newest !== undefined && cursor === newest && cursor !== this.#told) {
      this.#settle(this.#newestPlace, newest);
      if (this.#isLive) {
        this.#first = undefined;
        this.#isUnreadFromStart = false;
      }
      return true;
    }
    const frame = this.#unread.find((one) => one.isProof && one.cursor === cursor);
    if (frame === undefined) return false;
    this.#settle(frame.place, frame.cursor);
    return true;
  }

  #answered(asked: Asked): true {
    this.#asked = undefined;
    this.#waitingSinceMs = undefined;
    this.#settle(asked.place, asked.cursor);
    if (asked.wasLive) {
      this.#readUpToMs = asked.atMs;
      this.#isUnreadFromStart = false;
      this.#first = this.#firstSinceAsked;
    }
    return true;
  }

  /** All up to a place is read; `cursor`: the newest there. */
  #settle(place: number, cursor: Cursor): void {
    if (place > this.#readCount) {
      this.#readCount = place;
      this.#confirmed = cursor;
    }
    const after = this.#unread.findIndex((frame) => frame.place > place);
    const read = this.#unread.splice(0, after === -1 ? this.#unread.length : after);
    const own = read.filter(({ event }) => event !== undefined);
    this.#ownUnread -= own.length;
    // What follows the last of its own needs no place: the newest frame and the question are known.
    if (this.#ownUnread === 0) this.#unread = [];
    if (own.length === 0) return;
    this.#waitingSinceMs = undefined;
    for (const event of eventsOf(own)) this.options.report('delivered', event);
    this.#unseen = [...this.#unseen, ...own].slice(-MAX_UNREAD);
  }
}

export function eventsOf(frames: readonly Frame[]): OwnEvent[] {
  return frames.flatMap(({ event }) => event ?? []);
}
