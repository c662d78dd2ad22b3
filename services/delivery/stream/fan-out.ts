import type { CalendarGather } from './calendar-gather.ts';
import type { Subscriber } from './feed.ts';
import type { FirstSeen } from './first-seen.ts';
import type { RoomIndex } from './room-index.ts';
import type { Timeline, TimelineEntry } from './timeline.ts';

/**
 * One entry → each session of its rooms, once. Nothing here looks into a body, and the frame is the same bytes
 * for everybody.
 */
export class FanOut {
  constructor(
    private readonly timeline: Timeline,
    private readonly index: RoomIndex<Subscriber>,
    private readonly firstSeen: Pick<FirstSeen, 'get' | 'set'>,
    private readonly gather?: CalendarGather,
  ) {}

  /**
   * How many sessions got it; `undefined` for an entry that was here already. One from a hole belongs before a position of the
   * timeline, and is not for who joined after that.
   */
  deliver(
    entry: TimelineEntry,
    nowMs: number,
    before: number = Number.POSITIVE_INFINITY,
  ): number | undefined {
    // The broker redelivers what was unacknowledged, and a hole filled from the history may overlap the queue.
    if (this.timeline.find(entry.cursor) !== undefined) return undefined;
    const previous = this.timeline.last?.cursor;
    const position = this.timeline.append(entry, nowMs);
    if (entry.frame === undefined) return 0;
    // A backend that repeats itself published the event twice: only who joined in between has not had it.
    const firstSeen = this.firstSeen.get(entry.identity, nowMs);
    if (firstSeen === undefined) this.firstSeen.set(entry.identity, position, nowMs);
    const isForAll = firstSeen === undefined && before === Number.POSITIVE_INFINITY;
    if (isForAll && this.gather?.holds(entry, position, previous) === true) {
      return this.index.members('calendar')?.size ?? 0;
    }
    let sessions = 0;
    for (const room of entry.rooms) {
      for (const [subscriber, joinedAt] of this.index.members(room) ?? []) {
        if (subscriber.lastPosition === position || joinedAt > before) continue;
        if (firstSeen !== undefined && this.#had(subscriber, entry, firstSeen)) continue;
        this.gather?.writeTo(subscriber);
        subscriber.lastPosition = position;
        subscriber.feed.push(entry);
        sessions += 1;
      }
    }
    return sessions;
  }

  /** Whether a session was in one of the rooms when the id was first seen. */
  #had(subscriber: Subscriber, { rooms }: TimelineEntry, firstSeen: number): boolean {
    return rooms.some((room) => {
      const joinedAt = this.index.members(room)?.get(subscriber);
      return joinedAt !== undefined && joinedAt <= firstSeen;
    });
  }
}
