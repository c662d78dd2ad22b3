import { originalIdOf } from '../../../shared/contract/companion-id.ts';
import { Cursor, cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { EventRow } from '../../../shared/contract/trace.ts';
import type { HistorySearch } from '../publish/history-search.ts';
import { startAt } from '../publish/read-to-mark.ts';
import { isCompanion, rowOf } from './events.ts';

/** Events of one message stand close together. */
const TOGETHER_MS = 10_000;

/** An event, and what else was made of the same message, in the order of the history. */
export interface TracedEvents {
  readonly event: EventRow | undefined;
  readonly parts: readonly EventRow[];
}

/** By id or cursor, from a time on; `late`: too much would have to be read. */
export async function findEvents(
  id: string,
  sinceMs: number | undefined,
  search: Pick<HistorySearch, 'read'>,
): Promise<TracedEvents | 'late'> {
  const fromMs = sinceMs ?? timeIn(id);
  const original = originalIdOf(id);
  const found = new Map<string, EventRow>();
  let lastMs = Infinity;
  const { ending } = await search.read(fromMs === undefined ? 'first' : startAt(fromMs), (entries) => {
    for (const entry of entries) {
      if (cursorTimeMs(entry.cursor) > lastMs) return false;
      const isMeant = originalIdOf(entry.id) === original || entry.cursor === id;
      if (!isMeant || (isCompanion(entry) && entry.cursor !== id) || found.has(entry.id)) continue;
      found.set(entry.id, rowOf(entry));
      lastMs = Math.min(lastMs, cursorTimeMs(entry.cursor) + TOGETHER_MS);
    }
    return true;
  });
  const rows = [...found.values()];
  const event = found.get(id) ?? rows.find(({ cursor }) => cursor === id);
  if (event === undefined && rows.length === 0 && ending === 'late') return 'late';
  if (event !== undefined && event.id !== id) return findEvents(event.id, timeIn(event.cursor), search);
  return { event, parts: rows.filter((row) => row !== event) };
}

/** The id of an event without one of its backend is made when it is stamped, as a cursor is. */
export function timeIn(id: string): number | undefined {
  const cursor = Cursor.safeParse(id).data;
  return cursor && cursorTimeMs(cursor);
}
