import type { HistoryRange } from '../../../shared/contract/control.ts';
import { cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import { addressed, type TimelineEntry } from './timeline.ts';

interface ReadHistory {
  readFrom(
    offset: number,
    onEntry: (entry: HistoryEntry, offset: number) => boolean,
    pace: 'paced',
  ): Promise<unknown>;
}

/** The events of some rooms in a range of the history, in its order; each once, though a publisher may have tried twice. */
export async function eventsIn(
  history: ReadHistory,
  rooms: readonly Address[],
  { from_offset, to_offset, from_ms, to_ms }: HistoryRange,
): Promise<readonly TimelineEntry[]> {
  const found = new Map<string, TimelineEntry>();
  const take = (entry: HistoryEntry, offset: number) => {
    if (offset > to_offset) return false;
    const timeMs = cursorTimeMs(entry.cursor);
    const isInTime = timeMs >= from_ms && timeMs <= to_ms;
    if (entry.kind !== 'event' || !isInTime || !entry.rooms.some((room) => rooms.includes(room))) return true;
    if (!found.has(entry.identity)) found.set(entry.identity, addressed(entry));
    return true;
  };
  await history.readFrom(from_offset, take, 'paced');
  return [...found.values()];
}
