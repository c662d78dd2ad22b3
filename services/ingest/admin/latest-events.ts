import { parseHistoryEntries, type EventEntry } from '../../../shared/contract/message.ts';
import type { EventRow } from '../../../shared/contract/trace.ts';
import { isCompanion, rowOf } from './events.ts';

const MAX_LATEST = 50;

/** The last events of the history, as it is read: those of the last day before ingest's start, and what came since. */
export class LatestEvents {
  /** By id, the newest last: a backend's repeat that was published once more has its later place. */
  readonly #entries = new Map<string, EventEntry>();

  /** Any entry. */
  take(message: Parameters<typeof parseHistoryEntries>[0]): void {
    const [entry] = parseHistoryEntries(message);
    if (entry?.kind !== 'event' || isCompanion(entry)) return;
    this.#entries.delete(entry.id);
    this.#entries.set(entry.id, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_LATEST && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** The newest first. */
  rows(): EventRow[] {
    return [...this.#entries.values()].reverse().map(rowOf);
  }
}
