import { ExpiringMap } from '../../../shared/core/expiring-map.ts';

/**
 * What was already published under an id that the backend gave. A repeat gets the outcome of the first, also
 * while that one is still on its way; a first that fails is forgotten, so that a retry publishes. Bodies are
 * not compared: the id says that it is the same event.
 */
export class Repeats<Outcome> {
  readonly #outcomes: ExpiringMap<string, Promise<Outcome>>;

  constructor(maxEntries: number, maxAgeMs: number) {
    this.#outcomes = new ExpiringMap(maxEntries, maxAgeMs);
  }

  has(id: string, nowMs: number): boolean {
    return this.#outcomes.get(id, nowMs) !== undefined;
  }

  /** Calls `publish` at once for an id that is new, and not at all for a repeat. */
  once(
    id: string,
    nowMs: number,
    publish: () => Promise<Outcome>,
  ): { outcome: Promise<Outcome>; repeated: boolean } {
    const first = this.#outcomes.get(id, nowMs);
    if (first !== undefined) return { outcome: first, repeated: true };
    const outcome = publish();
    this.#outcomes.set(id, outcome, nowMs);
    outcome.catch(() => {
      if (this.#outcomes.get(id, nowMs) === outcome) this.#outcomes.delete(id);
    });
    return { outcome, repeated: false };
  }
}
