import type { Cursor } from '../../../shared/contract/cursor.ts';
import { isAppointmentEvent } from '../../../shared/contract/event.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { Known } from './decide.ts';
import type { Person, WaitingMessage } from './waiting-message.ts';

export interface KnowledgeLimits {
  /** Of each kind of fact; about 200 bytes each. */
  readonly maxEntries: number;
  /** Longer than anything waits and is tried. */
  readonly maxAgeMs: number;
}

/** How far an event got with a person. */
export type Reached = 'delivered' | 'pushed';

/**
 * What has become of the events of late, person by person: of the history, which is the newest of each appointment; of the
 * receipts, who has read or was pushed what.
 */
export class Knowledge {
  readonly #newest: ExpiringMap<string, Cursor>;
  readonly #delivered: ExpiringMap<string, true>;
  readonly #pushed: ExpiringMap<string, true>;

  constructor({ maxEntries, maxAgeMs }: KnowledgeLimits) {
    this.#newest = new ExpiringMap(maxEntries, maxAgeMs);
    this.#delivered = new ExpiringMap(maxEntries, maxAgeMs);
    this.#pushed = new ExpiringMap(maxEntries, maxAgeMs);
  }

  /** An event went to those people, in whatever order it is heard of. */
  happened({ event: { name, appointmentId, cursor }, people }: WaitingMessage, nowMs: number): void {
    if (appointmentId === undefined || !isAppointmentEvent(name)) return;
    for (const person of people) {
      const key = keyOf(person, appointmentId);
      const other = this.#newest.get(key, nowMs);
      if (other === undefined || other < cursor) this.#newest.set(key, cursor, nowMs);
    }
  }

  reached(eventId: string, person: Person, how: Reached, nowMs: number): void {
    const facts = how === 'delivered' ? this.#delivered : this.#pushed;
    facts.set(keyOf(person, eventId), true, nowMs);
  }

  of(person: Person, nowMs: number): Omit<Known, 'hasDevice'> {
    return {
      wasDelivered: (eventId) => this.#delivered.get(keyOf(person, eventId), nowMs) === true,
      wasPushed: (eventId) => this.#pushed.get(keyOf(person, eventId), nowMs) === true,
      newestOf: (appointmentId) => this.#newest.get(keyOf(person, appointmentId), nowMs),
    };
  }
}

/** A role has no blank in it, nor has a number: no two people and things make the same. */
function keyOf({ role, userId }: Person, thing: string | number): string {
  return `${role} ${userId} ${thing}`;
}
