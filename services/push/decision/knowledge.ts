import { isAppointmentEvent } from '../../../shared/contract/event.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { Bundle, WrittenBundle } from './bundles.ts';
import type { Known } from './decide.ts';
import type { Person, WaitingMessage } from './waiting-message.ts';

export interface KnowledgeLimits {
  /** Of each kind of fact; about 200 bytes each. */
  readonly maxEntries: number;
  /** Longer than anything waits and is tried. */
  readonly maxAgeMs: number;
}

/** What became of an event for a person; what failed may be tried again. */
export type Became = 'delivered' | 'pushed' | 'failed';

/** Of one person. */
export type PersonalKnowledge = Omit<Known, 'hasDevice'> & {
  /** In which bundle an event is that nothing has become of yet. */
  readonly bundleOf: (eventId: string) => WrittenBundle | undefined;
};

/**
 * What has become of the events of late, person by person: of the history, which is the newest of each appointment; of the
 * receipts, who has read or was pushed what, and of what they are told at once.
 */
export class Knowledge {
  /** Where events stand in the history, counted from the first that was heard of. */
  readonly #places: ExpiringMap<string, number>;
  #lastPlace = 0;
  readonly #newest: ExpiringMap<string, number>;
  readonly #delivered: ExpiringMap<string, true>;
  /** `false`: with others of its bundle, and no receipt of its own says so yet. */
  readonly #pushed: ExpiringMap<string, boolean>;
  readonly #bundles: ExpiringMap<string, WrittenBundle>;
  #lastBundle = 0;

  constructor({ maxEntries, maxAgeMs }: KnowledgeLimits) {
    this.#places = new ExpiringMap(maxEntries, maxAgeMs);
    this.#newest = new ExpiringMap(maxEntries, maxAgeMs);
    this.#delivered = new ExpiringMap(maxEntries, maxAgeMs);
    this.#pushed = new ExpiringMap(maxEntries, maxAgeMs);
    this.#bundles = new ExpiringMap(maxEntries, maxAgeMs);
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

  /** Who was told of one event of a bundle was told of all: the others may come later, each by itself. */
  became(eventId: string, person: Person, what: Became, nowMs: number): void {
    const key = keyOf(person, eventId);
    if (what === 'delivered') this.#delivered.set(key, true, nowMs);
    if (what === 'pushed') {
      const together = this.#bundles.get(key, nowMs)?.ids ?? [];
      for (const id of together) this.#pushed.getOrSet(keyOf(person, id), nowMs, () => false);
      this.#pushed.set(key, true, nowMs);
    }
    this.#bundles.delete(key);
  }

  /** It is written down of what a person is told at once; told in that order. An event that is in another one stays there. */
  bundled(bundle: Bundle, person: Person, nowMs: number): void {
    const ids = bundle.ids.filter((id) => this.#bundles.get(keyOf(person, id), nowMs) === undefined);
    const written = { ...bundle, ids, place: (this.#lastBundle += 1) };
    for (const id of ids) this.#bundles.set(keyOf(person, id), written, nowMs);
  }

  of(person: Person, nowMs: number): PersonalKnowledge {
    return {
      wasDelivered: (eventId) => this.#delivered.get(keyOf(person, eventId), nowMs) === true,
      wasPushed: (eventId) => this.#pushed.get(keyOf(person, eventId), nowMs) === true,
      wasToldWithOthers: (eventId) => this.#pushed.get(keyOf(person, eventId), nowMs) === false,
      placeOf: (eventId) => this.#places.get(eventId, nowMs),
      newestOf: (appointmentId) => this.#newest.get(keyOf(person, appointmentId), nowMs),
      bundleOf: (eventId) => this.#bundles.get(keyOf(person, eventId), nowMs),
    };
  }
}

/** A role has no blank in it, nor has a number: no two people and things make the same. */
function keyOf({ role, userId }: Person, thing: string | number): string {
  return `${role} ${userId} ${thing}`;
}
