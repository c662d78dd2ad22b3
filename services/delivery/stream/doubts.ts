import type { HistoryEntry } from '../../../shared/contract/message.ts';
import { Suspicion } from './suspicion.ts';
import type { Timeline } from './timeline.ts';
import type { Trust } from './trust.ts';

export interface DoubtsContext {
  readonly timeline: Pick<Timeline, 'find'>;
  readonly trust: Pick<Trust, 'doubt'>;
  /** Passes nothing on until the history has told what is missing. */
  readonly queue: { recheck(): void };
}

/**
 * When the own queue may have lost something. What comes after that is passed on once the history is read, and not before: a
 * session that is past a hole may go on at an instance that knows of none.
 */
export class Doubts {
  readonly #suspicion: Suspicion;

  constructor(
    private readonly context: DoubtsContext,
    nowMs: number,
  ) {
    this.#suspicion = new Suspicion(nowMs);
  }

  /** Something is missing. */
  recheck(): void {
    this.context.trust.doubt();
    this.context.queue.recheck();
  }

  /** Messages may wait at the broker behind this one, where a hand can remove them. */
  windowFull(entry: HistoryEntry | undefined): void {
    this.#suspicion.raise();
    if (entry !== undefined && this.#isKnown(entry)) this.context.trust.doubt();
    else this.recheck();
  }

  /** Nothing waits behind this one. What waited before it may have been removed since the history was last read. */
  windowFree(entry: HistoryEntry): void {
    if (!this.#suspicion.isRaised || this.#isKnown(entry)) return;
    this.#suspicion.lower();
    this.recheck();
  }

  markArrived(): void {
    this.#suspicion.markArrived();
  }

  /** Called about once a second. */
  tick(nowMs: number, oldestMarkMs: number): void {
    if (this.#suspicion.isDue(nowMs, oldestMarkMs)) this.recheck();
  }

  #isKnown({ cursor }: HistoryEntry): boolean {
    return this.context.timeline.find(cursor) !== undefined;
  }
}
