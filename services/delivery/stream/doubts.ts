import type { HistoryEntry } from '../../../shared/contract/message.ts';
import { PauseDetector } from './pause-detector.ts';
import type { Timeline } from './timeline.ts';
import type { Trust } from './trust.ts';

/** Without a mark coming back for so long, it may have been removed from the queue. */
const SILENT_MS = 5_000;

/**
 * When the own queue may have lost something. What comes after that is passed on once the history is read, and not before: a
 * session that is past a hole may go on at an instance that knows of none.
 *
 * What waits at the broker a hand can remove without a word. Then the history is read once nothing waits any more, since
 * reading it again and again would only add to what is slow.
 */
export class Doubts {
  readonly #pauses: PauseDetector;
  /** Messages may have waited at the broker since the history was last read. */
  #hasWaited = false;
  /** Some did since the last tick. */
  #isWaiting = false;
  /** The history was read because no mark came back, and none has since. */
  #wasSilent = false;

  constructor(
    private readonly timeline: Pick<Timeline, 'find'>,
    private readonly trust: Pick<Trust, 'doubt'>,
    /** Passes nothing on until the history has told what is missing. */
    private readonly queue: { recheck(): void; recheckBehindDrain(): void },
    nowMs: number,
  ) {
    this.#pauses = new PauseDetector(nowMs);
  }

  /** Something is missing. */
  recheck(): void {
    this.trust.doubt();
    this.queue.recheck();
  }

  /** The broker says that it has dropped a message: so it does with each mark of ours that comes to a full queue. */
  dropped(): void {
    this.trust.doubt();
    this.queue.recheckBehindDrain();
  }

  /**
   * As many messages as the prefetch are unacknowledged: others may wait at the broker behind this one, `undefined` for one
   * without our headers. Called before it is passed on.
   */
  windowFull(entry: HistoryEntry | undefined): void {
    this.#waits();
    if (entry !== undefined && this.#isKnown(entry)) this.trust.doubt();
    else this.recheck();
  }

  /** Nothing waits behind this one. What waited before it may have been removed since the history was last read. */
  windowFree(entry: HistoryEntry): void {
    if (!this.#hasWaited || this.#isKnown(entry)) return;
    this.#hasWaited = false;
    this.recheck();
  }

  markArrived(): void {
    this.#wasSilent = false;
  }

  /** Called about once a second. */
  tick(nowMs: number, oldestMarkMs: number): void {
    if (this.#pauses.justEnded(nowMs)) this.#waits();
    const isSilent = oldestMarkMs > SILENT_MS && !this.#wasSilent;
    if (isSilent) this.#wasSilent = true;
    const isOver = this.#hasWaited && !this.#isWaiting;
    if (isOver) this.#hasWaited = false;
    this.#isWaiting = false;
    if (isOver || isSilent) this.recheck();
  }

  #waits(): void {
    this.#hasWaited = true;
    this.#isWaiting = true;
  }

  #isKnown({ cursor }: HistoryEntry): boolean {
    return this.timeline.find(cursor) !== undefined;
  }
}
