import type { EventNaming } from '../../../shared/contract/event-naming.ts';
import type { EntryRun, JoinedForms } from './entry-run.ts';
import type { EventForm } from './event-form.ts';
import type { TimelineEntry } from './timeline.ts';

/** Where events of one client go. */
export interface Outlet {
  /** `false`: the outbox is at its bound and nothing was queued. */
  write(event: EventForm): boolean;
  /** All in one piece; `false`: nothing was queued, and each is to be written by itself. */
  writeJoined(events: JoinedForms): boolean;
  /** Whether a replay may write the event now, or should wait until the outbox has emptied. */
  takes(event: EventForm): boolean;
  /** Resolves when the outbox has emptied, or when the client is gone. */
  drained(): Promise<void>;
  /** Whether what is written now is still for the client. */
  readonly isOpen: boolean;
}

/** Is told what a client is written. */
export interface Receiver {
  written(entry: TimelineEntry): void;
  /** It may have had it long ago. */
  writtenAgain(entry: TimelineEntry): void;
  writtenTogether(run: EntryRun): void;
}

/** One session as the fan-out sees it. */
export interface Subscriber {
  readonly feed: Feed;
  /** Position of the last entry given to it: an event in several of its rooms reaches it once. */
  lastPosition: number;
}

/**
 * The events of one session, in order: first what it missed, then what arrived meanwhile, then live.
 *
 * Until `goLive` the live events are held back, bounded in bytes. A replay waits for the outbox instead of
 * filling it, so a client that returns after a day neither floods itself nor delays the others. Where a bound
 * is reached, `tooSlow` is called once and nothing more is written: a gap that a client cannot see is worse
 * than a disconnect it recovers from.
 */
export class Feed {
  #state: 'holding' | 'live' | 'stopped' = 'holding';
  #held: TimelineEntry[] = [];
  #heldBytes = 0;
  #written = 0;
  /** Whether a replay waits for the client to read, and since when, as far as `tick` has seen. */
  #isWaiting = false;
  #waitingSinceMs: number | undefined;

  constructor(
    private readonly outlet: Outlet,
    private readonly maxHeldBytes: number,
    private readonly tooSlow: () => void,
    /** Of whatever is written from now on. */
    public naming: EventNaming = 'dotted',
    /** Resolves when this client may be written as much of its replay as its outbox takes. */
    private readonly replayTurn: () => Promise<void> = AT_ONCE,
  ) {}

  /** In bytes of JSON: an event that is larger goes in a smaller form. */
  maxFrameBytes = Number.POSITIVE_INFINITY;
  /** What the client asked for of that. */
  askedMaxFrameBytes = Number.POSITIVE_INFINITY;
  receiver: Receiver | undefined;

  /** It has caught up. */
  get isLive(): boolean {
    return this.#state === 'live';
  }

  get written(): number {
    return this.#written;
  }

  /** A live entry: written at once, or held while the session still catches up. */
  push(entry: TimelineEntry): void {
    if (this.#state === 'live') this.#write(entry);
    else if (this.#state === 'holding') this.#hold(entry);
  }

  /** Live entries that go together. */
  pushAll(run: EntryRun): void {
    if (this.#state === 'live' && this.#writeJoined(run)) return;
    for (const entry of run.entries) this.push(entry);
  }

  /** Writes entries at the client's pace: `missed`, or `again` where it may have had them. */
  async replay(entries: Iterable<TimelineEntry>, how: 'missed' | 'again' = 'missed'): Promise<number> {
    let count = 0;
    for (const entry of entries) {
      if (count === 0) await this.replayTurn();
      await this.#turnOf(entry);
      if (!this.#write(entry, how === 'again')) break;
      count += 1;
    }
    return count;
  }

  /**
   * Writes what was held and was not replayed, then lets live entries through. Nothing is awaited between the
   * last held entry and live, so no entry overtakes another. `pushRest` pushes what arrived and was not pushed yet.
   */
  async goLive(replayed: ReadonlySet<string>, pushRest: () => void = NOTHING): Promise<void> {
    while (this.#state === 'holding') {
      pushRest();
      const [next] = this.#held;
      if (next !== undefined) await this.#turnOf(next);
      const entry = this.#held.shift();
      if (entry === undefined) {
        // Given up, or nothing is held any more.
        if (!this.#hasStopped()) this.#state = 'live';
        return;
      }
      this.#heldBytes -= entry.frame?.dotted.size ?? 0;
      if (!replayed.has(entry.cursor)) this.#write(entry);
    }
  }

  /** Gives up on a client that reads nothing of its replay; when it is to be called next, at the earliest a second later. */
  tick(nowMs: number, maxIdleMs: number): number {
    if (this.#isWaiting) {
      this.#waitingSinceMs ??= nowMs;
      if (nowMs - this.#waitingSinceMs >= maxIdleMs) this.#giveUp();
    }
    return this.#state === 'holding' ? nowMs : Number.POSITIVE_INFINITY;
  }

  stop(): void {
    this.#state = 'stopped';
    this.#held = [];
  }

  #hold(entry: TimelineEntry): void {
    this.#heldBytes += entry.frame?.dotted.size ?? 0;
    // One entry is held whatever its size: coming back would not make it smaller.
    if (this.#heldBytes > this.maxHeldBytes && this.#held.length > 0) this.#giveUp();
    else this.#held.push(entry);
  }

  /** Resolves when the outbox takes an entry; a large one waits until it is empty, and goes whatever its size. */
  async #turnOf({ frame }: TimelineEntry): Promise<void> {
    if (frame === undefined) return;
    const event = frame.as(this.naming, this.maxFrameBytes);
    while (!this.#hasStopped() && !this.outlet.takes(event)) {
      this.#isWaiting = true;
      await this.outlet.drained();
      this.#isWaiting = false;
      this.#waitingSinceMs = undefined;
      await this.replayTurn();
    }
  }

  #hasStopped(): boolean {
    return this.#state === 'stopped';
  }

  #write(entry: TimelineEntry, isAgain = false): boolean {
    if (this.#state === 'stopped' || entry.frame === undefined) return false;
    if (!this.outlet.write(entry.frame.as(this.naming, this.maxFrameBytes))) {
      this.#giveUp();
      return false;
    }
    this.#written += 1;
    if (this.receiver === undefined || !this.outlet.isOpen) return true;
    if (isAgain) this.receiver.writtenAgain(entry);
    else this.receiver.written(entry);
    return true;
  }

  #writeJoined(run: EntryRun): boolean {
    if (run.entries.length === 1) return false;
    const joined = run.as(this.naming);
    if (joined.largestSize > this.maxFrameBytes || !this.outlet.writeJoined(joined)) return false;
    this.#written += run.entries.length;
    this.receiver?.writtenTogether(run);
    return true;
  }

  #giveUp(): void {
    this.stop();
    this.tooSlow();
  }
}

const NOTHING = (): void => undefined;
const AT_ONCE = (): Promise<void> => Promise.resolve();
