import type { Cursor } from '../../../shared/contract/cursor.ts';
import { EntryRun } from './entry-run.ts';
import type { Subscriber } from './feed.ts';
import type { RoomIndex } from './room-index.ts';
import type { TimelineEntry } from './timeline.ts';

/** A run of this size is written at once: waiting for more saves nothing, and it fits into the smallest outbox. */
const MAX_RUN_BYTES = 32 * 1024;

/** How long is gathered: the whole window for so many sessions, for fewer as much less as a write to all of them costs less. */
export interface GatherWindow {
  readonly ms: number;
  readonly sessions: number;
}

/** Timers tell no less; and to so few sessions nothing that is held would save anything. */
const MIN_WINDOW_MS = 1;

interface Held {
  readonly entry: TimelineEntry;
  readonly position: number;
  /** Of the run before it. */
  readonly bytesBefore: number;
}

/**
 * Frames for `calendar` alone, which all staff of an instance get: a write to each of them costs the same for one frame as
 * for twenty. The first goes at once; what follows within a window is held, once for all sessions, and written when it ends.
 * The window is in proportion to the sessions, so that writes to all of them take the same share of the time at most.
 *
 * A session's frames leave in the order of their positions: before anything else is written to it, it is given its part of
 * the run. `lastPosition` tells which part that is, so a session costs nothing until then.
 */
export class CalendarGather {
  #run: Held[] = [];
  #bytes = 0;
  /** By the index at which they begin in the run. */
  readonly #parts = new Map<number, EntryRun>();
  /** The entry before the run. */
  #before: Cursor | undefined;
  #whenWritten: (() => void)[] = [];
  /** Something was written less than a window ago. */
  #isOpen = false;

  constructor(
    private readonly index: Pick<RoomIndex<Subscriber>, 'members'>,
    private readonly window: GatherWindow,
    private readonly after: (ms: number, callback: () => void) => void,
  ) {}

  /** Up to here every session has been written what is for it; `undefined` while nothing is held. */
  get settled(): Cursor | undefined {
    return this.#run.length === 0 ? undefined : this.#before;
  }

  /** For all sessions together. */
  get heldBytes(): number {
    let bytes = 0;
    for (const [subscriber, joinedAt] of this.#members) {
      const first = this.#run[this.#beginOf(subscriber, joinedAt)];
      if (first !== undefined) bytes += this.#bytes - first.bytesBefore;
    }
    return bytes;
  }

  /** Whether an entry that everybody in its rooms is to get waits for the window to end; `before`: the one ahead of it. */
  holds(entry: TimelineEntry, position: number, before: Cursor | undefined): boolean {
    if (!isForCalendarAlone(entry)) return false;
    if (!this.#isOpen) {
      this.#openWindow();
      return false;
    }
    if (this.#run.length === 0) this.#before = before;
    this.#run.push({ entry, position, bytesBefore: this.#bytes });
    this.#parts.clear();
    this.#bytes += entry.frame?.dotted.size ?? 0;
    if (this.#bytes >= MAX_RUN_BYTES) this.#writeToAll();
    return true;
  }

  /** Called back at once for an entry that is not held. */
  whenWritten(entry: TimelineEntry, callback: () => void): void {
    if (this.#run.at(-1)?.entry === entry) this.#whenWritten.push(callback);
    else callback();
  }

  /** Writes what is held for one session; whoever writes anything else to it calls this first. */
  writeTo(subscriber: Subscriber): void {
    if (this.#run.length === 0) return;
    const joinedAt = this.#members.get(subscriber);
    if (joinedAt !== undefined) this.#write(subscriber, joinedAt);
  }

  get #members(): ReadonlyMap<Subscriber, number> {
    return this.index.members('calendar') ?? NOBODY;
  }

  #openWindow(): void {
    const { ms, sessions } = this.window;
    const windowMs = ms * Math.min(1, this.#members.size / sessions);
    this.#isOpen = windowMs >= MIN_WINDOW_MS;
    if (this.#isOpen) this.after(windowMs, () => this.#endWindow());
  }

  #endWindow(): void {
    this.#isOpen = false;
    if (this.#run.length === 0) return;
    this.#writeToAll();
    this.#openWindow();
  }

  #writeToAll(): void {
    for (const [subscriber, joinedAt] of this.#members) this.#write(subscriber, joinedAt);
    this.#run = [];
    this.#bytes = 0;
    this.#parts.clear();
    for (const callback of this.#whenWritten.splice(0)) callback();
  }

  #write(subscriber: Subscriber, joinedAt: number): void {
    const begin = this.#beginOf(subscriber, joinedAt);
    const last = this.#run.at(-1);
    if (begin === -1 || last === undefined) return;
    subscriber.lastPosition = last.position;
    subscriber.feed.pushAll(this.#partFrom(begin));
  }

  /** Index of the first that a session has not been given; -1 where it has all. */
  #beginOf({ lastPosition }: Subscriber, joinedAt: number): number {
    return this.#run.findIndex(({ position }) => position > lastPosition && position >= joinedAt);
  }

  #partFrom(begin: number): EntryRun {
    const made = this.#parts.get(begin);
    if (made !== undefined) return made;
    const part = new EntryRun(this.#run.slice(begin).map(({ entry }) => entry));
    this.#parts.set(begin, part);
    return part;
  }
}

const NOBODY: ReadonlyMap<Subscriber, number> = new Map();

function isForCalendarAlone({ rooms }: TimelineEntry): boolean {
  return rooms.length === 1 && rooms[0] === 'calendar';
}
