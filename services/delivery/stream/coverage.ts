import type { Cursor } from '../../../shared/contract/cursor.ts';

/**
 * Since which position of the timeline each binding has brought us everything.
 *
 * A confirmed bind only says that what is published from now on will come; what arrives next in the queue may be
 * older than that. So a binding covers from the arrival of the first mark that was published after its confirm.
 */
export class Coverage {
  readonly #confirmed = new Set<string>();
  readonly #published = new Map<Cursor, Set<string>>();
  readonly #since = new Map<string, number>();

  bindingConfirmed(pattern: string): void {
    this.#confirmed.add(pattern);
  }

  /** The binding is being removed: whatever comes later starts anew. */
  bindingRemoved(pattern: string): void {
    this.#confirmed.delete(pattern);
    this.#since.delete(pattern);
    // A mark under way speaks for the binding that was, not for one that may follow.
    for (const waiting of this.#published.values()) waiting.delete(pattern);
  }

  markPublished(mark: Cursor): void {
    const waiting = [...this.#confirmed].filter((pattern) => !this.#since.has(pattern));
    if (waiting.length > 0) this.#published.set(mark, new Set(waiting));
  }

  markArrived(mark: Cursor, position: number): void {
    for (const pattern of this.#published.get(mark) ?? []) {
      if (this.#confirmed.has(pattern) && !this.#since.has(pattern)) this.#since.set(pattern, position);
    }
    this.#published.delete(mark);
  }

  /** Whether one of the patterns has covered everything since a position. */
  covers(patterns: readonly string[], position: number): boolean {
    return patterns.some((pattern) => (this.#since.get(pattern) ?? Number.POSITIVE_INFINITY) <= position);
  }

  /** Something may have been dropped from the queue: every binding covers anew from the next mark on. */
  distrust(): void {
    this.#published.clear();
    this.#since.clear();
  }

  /** The queue is gone, and with it every promise about it. */
  reset(): void {
    this.#confirmed.clear();
    this.distrust();
  }
}
