import { PauseDetector } from './pause-detector.ts';

/** Without a mark coming back for so long, it may have been removed from the queue. */
const SILENT_MS = 5_000;

/**
 * Messages may have waited at the broker, where a hand can remove them without a word: the history tells. It is read once
 * they wait no more, since reading it again and again would only add to what is slow.
 */
export class Suspicion {
  readonly #pauses: PauseDetector;
  #isRaised = false;
  #isFresh = false;
  /** The history was read because no mark came back, and none has since. */
  #wasSilent = false;

  constructor(nowMs: number) {
    this.#pauses = new PauseDetector(nowMs);
  }

  /** Whether messages may have waited at the broker since the history was last read. */
  get isRaised(): boolean {
    return this.#isRaised;
  }

  raise(): void {
    this.#isRaised = true;
    this.#isFresh = true;
  }

  /** The history is read anyway, after all that may have waited. */
  lower(): void {
    this.#isRaised = false;
  }

  markArrived(): void {
    this.#wasSilent = false;
  }

  /** Asked about once a second: true once, when it was raised before the last time and not since, or for silence. */
  isDue(nowMs: number, oldestMarkMs: number): boolean {
    if (this.#pauses.justEnded(nowMs)) this.raise();
    const isSilent = oldestMarkMs > SILENT_MS && !this.#wasSilent;
    if (isSilent) this.#wasSilent = true;
    const isOver = this.#isRaised && !this.#isFresh;
    if (isOver) this.#isRaised = false;
    this.#isFresh = false;
    return isOver || isSilent;
  }
}
