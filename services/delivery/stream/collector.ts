import type { EventEntry } from '../../../shared/contract/message.ts';
import { hasLeft, isWanted, type ReplayLimits, type ScanRequest, type StreamPlace } from './scan-request.ts';
import type { Before } from './reorder-window.ts';
import { isSync, withoutSyncs } from './syncs.ts';
import { addressed, bytesOf, sizeOf, type TimelineEntry } from './timeline.ts';

/** What one reader of a scan is given. */
export class Collector {
  started = false;
  found = false;
  /** The cursor's own entry has been seen: nothing stands in for it any more. */
  settled = false;
  /** It may not have had something that lies before the first entry that was read. */
  mayLackEarlier = false;
  tooMuch = false;
  syncsLeftOut = false;
  /** One page. */
  entries: TimelineEntry[] = [];
  #hasBeginning = false;
  #hasMore = false;
  /** The last entry of the page, or the one that it begins behind. */
  #reached: StreamPlace | undefined;
  #pageBytes = 0;
  #events = 0;
  #bytes = 0;
  #syncs = 0;
  readonly #identities = new Set<string>();

  constructor(
    readonly request: ScanRequest,
    private readonly limits: ReplayLimits,
  ) {}

  /** Where its next page begins; `undefined` where this one is the last. */
  get rest(): StreamPlace | undefined {
    const hasMore = this.#isReadingOn ? this.#isFull : this.#hasMore;
    return hasMore ? this.#reached : undefined;
  }

  /** Whether what follows is of no use to it, once it has started. */
  get hasEnough(): boolean {
    return this.tooMuch || (this.#isReadingOn && this.#isFull);
  }

  get #isReadingOn(): boolean {
    return this.request.had !== undefined;
  }

  get #isFull(): boolean {
    return this.#pageBytes >= this.limits.pageBytes;
  }

  /** An entry of those that it waits for. */
  reach(at: StreamPlace, before: Before): void {
    const { from } = this.request;
    if ('sinceMs' in from) return;
    this.settled = at.cursor === from.cursor;
    const isBeginning = at.cursor === from.beginning;
    if (!this.#hasBeginning && !(isBeginning && this.found)) this.#startOver(at, before);
    // Its own entry comes behind that, even if one that stands in for it came before.
    if (isBeginning) this.#hasBeginning = true;
    else this.found = true;
  }

  /** What is repeated from before an entry is in the page whatever its size: the next one goes on behind that entry. */
  #startOver(at: StreamPlace, before: Before): void {
    this.drop();
    this.tooMuch = false;
    this.#reached = at;
    // It was in the pages that the reader has had.
    if (this.#isReadingOn) return;
    this.mayLackEarlier = before.beginsLater;
    this.tooMuch = before.isTooMuch;
    for (const entry of before.entries) {
      const isOurs = entry.rooms.some((room) => isWanted(this.request, room));
      if (isOurs && this.#count(entry)) this.#keep(addressed(entry));
    }
  }

  /** A repeat is left out: a publisher's retry adds nothing, and may stand far behind. */
  take(entry: EventEntry, offset: number, kept: () => TimelineEntry): void {
    if (isSync(entry.type) && this.#leavesOut(entry)) return;
    // What is not kept counts as well.
    if (!this.#count(entry)) return;
    if (this.#isFull) {
      this.#hasMore = true;
      return;
    }
    this.#keep(kept());
    this.#reached = { cursor: entry.cursor, offset };
  }

  /** Whether it is new to a reader that may have more. */
  #count({ identity, body }: EventEntry): boolean {
    if (this.tooMuch || hasLeft(this.request)) return false;
    if (this.#identities.has(identity) || this.request.had?.has(identity) === true) return false;
    this.#identities.add(identity);
    this.#events += 1;
    this.#bytes += body.byteLength;
    if (this.#isReadingOn) return true;
    this.tooMuch = this.#events > this.limits.events || this.#bytes > this.limits.bytes;
    if (this.tooMuch) this.drop();
    return !this.tooMuch;
  }

  /** Beyond the bound a `calendar.sync` costs nothing more, and those before it are given up as well. */
  #leavesOut({ identity }: EventEntry): boolean {
    const { maxSyncs = Number.POSITIVE_INFINITY } = this.request;
    if (!this.syncsLeftOut) {
      if (this.#identities.has(identity)) return false;
      this.#syncs += 1;
      if (this.#syncs <= maxSyncs) return false;
      this.syncsLeftOut = true;
      this.entries = withoutSyncs(this.entries);
      this.#pageBytes = sizeOf(this.entries);
    }
    return true;
  }

  #keep(entry: TimelineEntry): void {
    this.entries.push(entry);
    this.#pageBytes += bytesOf(entry);
  }

  drop(): void {
    this.entries = [];
    this.syncsLeftOut = false;
    this.#hasMore = false;
    this.#pageBytes = 0;
    this.#events = 0;
    this.#bytes = 0;
    this.#syncs = 0;
    this.#identities.clear();
  }
}
