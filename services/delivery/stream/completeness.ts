import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';

/** A position in the history, and the place in the timeline that goes with it. */
export interface Place {
  readonly cursor: Cursor;
  readonly position: number;
}

/** What came between two places while something was missing; without an end it is missing still. */
interface Span {
  readonly from: Place;
  readonly to?: Place;
}

/** Older spans become one, so that a broker that drops all the time does not fill our memory. */
const MAX_SPANS = 64;

/**
 * Up to which place everything that was published has come by the own queue.
 *
 * The broker may drop from a queue what waits in it, from its head: what comes later comes all the same. So a mark proves
 * nothing about what precedes it, until another one, published after it had come, has come back as well and the broker has
 * reported no drop: a report does not take longer than that.
 */
export class Completeness {
  #proven: Place | undefined;
  #latest: Place | undefined;
  #isDoubted = false;
  /** By the marks under way: the latest place when they were published. Forgotten with every hole that is filled. */
  readonly #published = new Map<Cursor, Place | undefined>();
  readonly #spans: Span[] = [];

  /** The history has everything after it that may be missing here; `undefined` before the first mark. */
  get proven(): Place | undefined {
    return this.#proven;
  }

  markPublished(mark: Cursor): void {
    this.#published.set(mark, this.#latest);
  }

  markArrived(mark: Cursor, position: number): void {
    const before = this.#published.get(mark);
    this.#published.delete(mark);
    if (this.#isDoubted) return;
    this.#latest = { cursor: mark, position };
    // No session was live before the first mark.
    this.#proven = before ?? this.#proven ?? this.#latest;
  }

  /** Something may be missing since the proven place. */
  doubt(): void {
    this.#isDoubted = true;
    this.#latest = undefined;
    this.#published.clear();
  }

  /** Everything up to this place has been read from the history and passed on; without one, nothing was missing to anybody. */
  filled(to?: Place): void {
    if (this.#isDoubted && this.#proven !== undefined && to !== undefined)
      this.#spans.push({ from: this.#proven, to });
    while (this.#spans.length > MAX_SPANS) this.#mergeOldest();
    this.#isDoubted = false;
    this.#latest = undefined;
    this.#published.clear();
    this.#proven = to;
  }

  /**
   * Where a client has to begin whose newest entry came while something before it was missing: it may have left
   * before that was noticed. `undefined` for any other. An entry of another instance is placed by its time.
   */
  beginningFor(cursor: Cursor, position: number | undefined): Place | undefined {
    const open = this.#isDoubted && this.#proven !== undefined ? [{ from: this.#proven }] : [];
    return [...this.#spans, ...open].find((span) => lies(cursor, position, span))?.from;
  }

  #mergeOldest(): void {
    const [first, second] = this.#spans.splice(0, 2);
    if (first !== undefined && second !== undefined) this.#spans.unshift({ ...second, from: first.from });
  }
}

function lies(cursor: Cursor, position: number | undefined, { from, to }: Span): boolean {
  if (position !== undefined)
    return position > from.position && (to === undefined || position <= to.position);
  const timeMs = cursorTimeMs(cursor);
  const isFrom = cursor === from.cursor || cursor === to?.cursor;
  return (
    !isFrom && timeMs >= cursorTimeMs(from.cursor) && (to === undefined || timeMs <= cursorTimeMs(to.cursor))
  );
}
