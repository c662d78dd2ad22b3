import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ReceiptStage } from '../../../shared/contract/receipt.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import type { EntryRun } from '../stream/entry-run.ts';
import type { Receiver } from '../stream/feed.ts';
import type { TimelineEntry } from '../stream/timeline.ts';

/** Sessions are looked at about once a second; a timer is not that exact. */
const ASK_AGAIN_MS = 950;
/** Frames of one session that wait to be confirmed, and events that its app may still take; of more, the oldest stay as they are. */
const MAX_UNREAD = 256;

/** An event of which its user has receipts. */
export interface OwnEvent {
  readonly id: string;
  readonly cursor: Cursor;
}

/** What was written; `event` where it is one of the user's own. */
export interface Frame {
  readonly cursor: Cursor;
  readonly event: OwnEvent | undefined;
}

export interface ConfirmationsOptions {
  /** Of whom receipts are; `undefined` for somebody who has no room of their own. */
  readonly room: Room | undefined;
  /** All that arrived before was written to its user, and read. */
  readonly readUpToMs: number;
  /** Frames that no receipt waits for are asked for this seldom. */
  readonly lazyAskMs: number;
  readonly report: (stage: ReceiptStage, event: OwnEvent) => void;
  /** There is something to ask for now. */
  readonly askSoon: () => void;
}

interface Asked {
  readonly cursor: Cursor;
  readonly atMs: number;
  readonly wasLive: boolean;
}

/**
 * What one session was written, and how far its client has read that.
 *
 * Frames of a connection come in order, so whoever names a cursor that was sent has read all before it. An exact match
 * counts and nothing else. The client is asked with the newest cursor, by one question at a time; a frame costs an assignment
 * or two, unless it is an event of its own or follows one that is unread.
 */
export class Confirmations implements Receiver {
  #room: Room | undefined;
  /** From the oldest unread event of its own on, in the order in which they were written. */
  #unread: Frame[] = [];
  #ownUnread = 0;
  /** Read, and not said to be taken by the app. */
  #unseen: OwnEvent[] = [];
  #newest: Cursor | undefined;
  #asked: Asked | undefined;
  #askedAtMs: number;
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
    this.#askedAtMs = options.readUpToMs;
  }

  /** Events of its own that wait to be confirmed, and what was written behind them. */
  get unread(): readonly Frame[] {
    return this.#unread;
  }

  written(entry: TimelineEntry): void {
    const { cursor } = entry;
    this.#newest = cursor;
    this.#first ??= cursor;
    this.#firstSinceAsked ??= cursor;
    const event = this.#isOwn(entry) ? { id: idOf(entry), cursor } : undefined;
    if (event !== undefined || this.#ownUnread > 0) this.#add({ cursor, event });
  }

  writtenTogether({ entries }: EntryRun): void {
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    if (this.#ownUnread > 0) for (const entry of entries) this.written(entry);
    this.#newest = last.cursor;
    this.#first ??= first.cursor;
    this.#firstSinceAsked ??= first.cursor;
  }

  /** It has been written all that it missed, and gets what comes. */
  goLive(nowMs: number): void {
    this.#isLive = true;
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
    if (this.#first === undefined) return Number.POSITIVE_INFINITY;
    const isUrgent = this.#ownUnread > 0 && this.#asked === undefined;
    return this.#askedAtMs + (isUrgent ? ASK_AGAIN_MS : this.options.lazyAskMs);
  }

  /** The cursor to ask with, where it is time to. */
  ask(nowMs: number): Cursor | undefined {
    if (this.#newest === undefined || this.nextAskMs > nowMs) return undefined;
    this.#asked = { cursor: this.#newest, atMs: nowMs, wasLive: this.#isLive };
    this.#askedAtMs = nowMs;
    this.#firstSinceAsked = undefined;
    if (this.#ownUnread > 0) this.#waitingSinceMs ??= nowMs;
    return this.#newest;
  }

  /** The client gave a cursor back; `false`: none that it is known to have been sent. */
  read(cursor: string): boolean {
    const isKnown = this.#settle(cursor);
    if (isKnown && this.#ownUnread > 0) this.options.askSoon();
    return isKnown;
  }

  /** Its app has taken all up to a cursor. */
  seen(cursor: string): boolean {
    const isKnown = this.#settle(cursor);
    const taken = isKnown ? this.#unseen.length : 1 + this.#unseen.findIndex((one) => one.cursor === cursor);
    for (const event of this.#unseen.splice(0, taken)) this.options.report('seen', event);
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

  #isOwn({ frame, rooms }: TimelineEntry): boolean {
    return (
      this.#room !== undefined &&
      rooms.includes(this.#room) &&
      frame?.dotted.name.startsWith('appointment.') === true
    );
  }

  #add(frame: Frame): void {
    this.#unread.push(frame);
    if (frame.event !== undefined) {
      this.#ownUnread += 1;
      this.options.report('written', frame.event);
      if (this.#ownUnread === 1 && this.#asked === undefined) this.options.askSoon();
    }
    if (this.#unread.length <= MAX_UNREAD) return;
    if (this.#unread.shift()?.event !== undefined) this.#ownUnread -= 1;
  }

  #settle(cursor: string): boolean {
    const isNewest = this.#newest === cursor;
    const isAsked = this.#asked?.cursor === cursor;
    const at = this.#unread.findIndex((frame) => frame.cursor === cursor);
    const read = eventsOf(this.#unread.splice(0, at + 1));
    this.#ownUnread -= read.length;
    // What follows the last of its own needs no place: the newest frame and the question are known.
    if (this.#ownUnread === 0) this.#unread = [];
    for (const event of read) this.options.report('delivered', event);
    if (read.length > 0) this.#unseen = [...this.#unseen, ...read].slice(-MAX_UNREAD);
    if (isAsked || read.length > 0) this.#waitingSinceMs = undefined;
    if (isAsked) this.#answered();
    if (isNewest && this.#isLive) {
      this.#first = undefined;
      this.#isUnreadFromStart = false;
    }
    return isAsked || isNewest || at !== -1;
  }

  #answered(): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked?.wasLive !== true) return;
    this.#readUpToMs = asked.atMs;
    this.#isUnreadFromStart = false;
    this.#first = this.#firstSinceAsked;
  }
}

export function eventsOf(frames: readonly Frame[]): OwnEvent[] {
  return frames.flatMap(({ event }) => event ?? []);
}

/** Contents, where the identity has them, stand on a line of their own. */
function idOf({ identity }: TimelineEntry): string {
  const end = identity.indexOf('\n');
  return end === -1 ? identity : identity.slice(0, end);
}
