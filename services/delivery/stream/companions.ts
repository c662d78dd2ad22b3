import { eventIdOf } from '../../../shared/contract/companion-id.ts';
import type { EventEntry } from '../../../shared/contract/message.ts';

/** Between an event and its companion come those of other publishers, and no more than these. */
const MAX_BETWEEN = 1_000;

/** Tells a companion of an event that was here from an event, so that one appointment is counted once. */
export class Companions {
  readonly #alone = new Set<string>();

  /** Whether this entry stands for an event that was counted; asked once for each entry. */
  isCopy({ id, type }: Pick<EventEntry, 'id' | 'type'>): boolean {
    const eventId = type === 'calendar.sync' ? eventIdOf(id) : undefined;
    if (eventId !== undefined) return this.#alone.delete(eventId);
    if (type === 'calendar.sync') return false;
    this.#alone.add(id);
    const [oldest] = this.#alone;
    if (this.#alone.size > MAX_BETWEEN && oldest !== undefined) this.#alone.delete(oldest);
    return false;
  }
}
