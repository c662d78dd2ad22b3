import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';

/** How far apart in time two publishers' messages may reach the stream and a queue in different orders. */
export const REORDER_WINDOW_MS = 500;
/** A stamp further from the marks around it than this is of a clock that is off; marks come every few seconds. */
const CLOCK_OFF_MS = 15_000;
/** Instead of `REORDER_WINDOW_MS` where only marks tell the time: two of their intervals. */
const COARSE_WINDOW_MS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;
/** Memory of an entry beside its body. */
const ENTRY_BYTES = 1_000;

/** When an entry was sent: by its own stamp, or by the last mark before it where its publisher's clock is off. */
export interface Place {
  readonly timeMs: number;
  readonly coarse: boolean;
}

/** Delivery instances mark every few seconds. Ingest, which names nobody, marks when it reads the history, by a clock that may be off. */
function tellsTime({ kind, origin }: HistoryEntry): boolean {
  return kind === 'mark' && origin !== '';
}

/** `markMs` is the stamp of the last mark before the entry that tells the time, where there is one. */
export function placeOf(cursor: Cursor, markMs: number | undefined): Place {
  const timeMs = cursorTimeMs(cursor);
  const coarse = markMs !== undefined && Math.abs(timeMs - markMs) > CLOCK_OFF_MS;
  return { timeMs: coarse ? markMs : timeMs, coarse };
}

/** Whether an entry may stand behind another one elsewhere. */
export function isClose(before: Place, at: Place): boolean {
  return at.timeMs - before.timeMs <= (before.coarse || at.coarse ? COARSE_WINDOW_MS : REORDER_WINDOW_MS);
}

/** What was read before the first mark was not sent after it, whatever its publisher's clock says. */
function notAfter(firstMarkMs: number | undefined, place: Place): Place {
  if (firstMarkMs === undefined) return place;
  return place.timeMs - firstMarkMs > CLOCK_OFF_MS ? { timeMs: firstMarkMs, coarse: true } : place;
}

interface Behind {
  readonly entry: EventEntry;
  readonly place: Place;
  /** No mark had been read before it. */
  readonly isUnmarked: boolean;
}

/** What is sent again before an entry. */
export interface Before {
  readonly entries: readonly EventEntry[];
  /** There was more than is kept. */
  readonly isTooMuch: boolean;
  /** What was read begins so shortly before the entry that more may lie further back. */
  readonly beginsLater: boolean;
}

/**
 * What a client that stopped at an entry may have missed before it.
 *
 * An exchange hands the messages of concurrent publishers to the stream and to a queue in orders that may differ:
 * an event just before the entry in the stream may have come just behind it in the client's queue. So what other
 * publishers sent shortly before is sent again, and the client drops it by its id. One publisher's messages are in
 * the same order everywhere, so with one ingest instance nothing is repeated before an event; before a mark it always is,
 * because a delivery instance publishes it.
 */
export class ReorderWindow {
  #behind: (Behind | undefined)[] = [];
  /** Of `#behind`, at the front: no longer kept, and `undefined`. */
  #dropped = 0;
  #bytes = 0;
  /** Of all that is no longer kept, the latest. */
  #lost: Place | undefined;
  /** Of the first entry that was read, where others may lie before it. */
  #first: Place | undefined;
  #firstMarkMs: number | undefined;
  #markMs: number | undefined;

  /** The first entry that is read is not the first of the history. */
  beginAt({ cursor }: HistoryEntry): void {
    this.#first = placeOf(cursor, undefined);
  }

  add(entry: HistoryEntry): void {
    if (tellsTime(entry)) this.#noteTime(cursorTimeMs(entry.cursor));
    if (entry.kind !== 'event') return;
    // A copy: the body is a piece of what was read from the broker's socket, which would be kept whole.
    const kept = { ...entry, body: Buffer.from(entry.body) };
    const place = placeOf(entry.cursor, this.#markMs);
    this.#behind.push({ entry: kept, place, isUnmarked: this.#markMs === undefined });
    this.#bytes += bytesOf(kept);
    while (this.#bytes > MAX_BYTES) this.#dropFirst();
  }

  before(entry: HistoryEntry): Before {
    const at = placeOf(entry.cursor, this.#markMs);
    const isSentAgain = (behind: Behind) => behind.entry.origin !== entry.origin && isClose(behind.place, at);
    const entries = this.#behind
      .slice(this.#dropped)
      .flatMap((behind) => (behind !== undefined && isSentAgain(behind) ? [behind.entry] : []));
    const reaches = (place: Place | undefined) => place !== undefined && isClose(place, at);
    return { entries, isTooMuch: reaches(this.#lost), beginsLater: reaches(this.#first) };
  }

  #noteTime(markMs: number): void {
    if (this.#firstMarkMs === undefined) {
      this.#firstMarkMs = markMs;
      this.#first &&= notAfter(markMs, this.#first);
      this.#lost &&= notAfter(markMs, this.#lost);
    }
    this.#markMs = markMs;
  }

  #dropFirst(): void {
    const first = this.#behind[this.#dropped];
    if (first === undefined) return;
    this.#behind[this.#dropped] = undefined;
    this.#dropped += 1;
    this.#bytes -= bytesOf(first.entry);
    const place = first.isUnmarked ? notAfter(this.#firstMarkMs, first.place) : first.place;
    if (this.#lost === undefined || place.timeMs >= this.#lost.timeMs) this.#lost = place;
    // Moved to the front no more often than as many were added.
    if (this.#dropped * 2 < this.#behind.length) return;
    this.#behind = this.#behind.slice(this.#dropped);
    this.#dropped = 0;
  }
}

function bytesOf({ body }: EventEntry): number {
  return ENTRY_BYTES + body.byteLength;
}
