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
  /** Where events stand in the history, counted from the first that was heard of. */
  readonly #places: ExpiringMap<string, number>;
  #lastPlace = 0;
  readonly #newest: ExpiringMap<string, number>;
  readonly #delivered: ExpiringMap<string, true>;
  readonly #pushed: ExpiringMap<string, true>;

  constructor({ maxEntries, maxAgeMs }: KnowledgeLimits) {
    this.#places = new ExpiringMap(maxEntries, maxAgeMs);
    this.#newest = new ExpiringMap(maxEntries, maxAgeMs);
    this.#delivered = new ExpiringMap(maxEntries, maxAgeMs);
    this.#pushed = new ExpiringMap(maxEntries, maxAgeMs);
  }

  /** An event went to those people; told in the order of the history, of which an event may be told twice. */
  happened({ event: { id, name, appointmentId }, people }: WaitingMessage, nowMs: number): void {
    if (appointmentId === undefined || !isAppointmentEvent(name)) return;
    const place = this.#places.getOrSet(id, nowMs, () => (this.#lastPlace += 1));
    for (const person of people) {
      const key = keyOf(person, appointmentId);
      if ((this.#newest.get(key, nowMs) ?? 0) < place) this.#newest.set(key, place, nowMs);
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
      placeOf: (eventId) => this.#places.get(eventId, nowMs),
      newestOf: (appointmentId) => this.#newest.get(keyOf(person, appointmentId), nowMs),
    };
  }
}

/** A role has no blank in it, nor has a number: no two people and things make the same. */
function keyOf({ role, userId }: Person, thing: string | number): string {
  return `${role} ${userId} ${thing}`;
}
