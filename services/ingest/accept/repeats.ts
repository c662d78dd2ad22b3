import type { Problem } from '../../../shared/contract/errors.ts';
import { differences, type Contents, type Fingerprint } from './contents.ts';
import { RememberedIds, type OutcomeForm } from './remembered.ts';

/** How long a repeated id is recognised. */
export const REPEATS_MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** What the history has under an id, from whichever instance. */
interface Found<Outcome> {
  readonly outcome: Outcome;
  readonly fingerprint: Fingerprint;
}

/** An event that this instance publishes. */
interface UnderWay<Outcome> {
  readonly outcome: Promise<Outcome>;
  readonly fingerprint: Fingerprint | undefined;
}

/**
 * What was already published under an id that the backend gave. A repeat gets the outcome of the first, also
 * while that one is still on its way; a first that fails is forgotten, so that a retry publishes. Without contents
 * on both sides nothing is compared: the id is ours, and says that it is the same event.
 *
 * What was only found in the history is published once more by its first repeat here, for nobody knows whether every
 * queue has it; the answer is that of the first time.
 */
export class Repeats<Outcome> {
  /** Those of them that were found stay among the others as well, should publishing them fail. */
  readonly #underWay = new Map<string, UnderWay<Outcome>>();
  readonly #remembered: RememberedIds<Outcome>;

  constructor(
    maxEntries: number,
    private readonly maxAgeMs: number,
    form: OutcomeForm<Outcome>,
  ) {
    this.#remembered = new RememberedIds(maxEntries, maxAgeMs, form);
  }

  get size(): number {
    return this.#remembered.size;
  }

  /** Whether a repeat of this id would publish nothing. */
  has(id: string, nowMs: number): boolean {
    return this.#underWay.has(id) || this.#remembered.get(id, nowMs)?.isPublished === true;
  }

  /** How the contents differ from what was published under the id; empty for a repeat, and for an id that is new. */
  clash(id: string, nowMs: number, contents: Contents, now?: Fingerprint): readonly Problem[] {
    const { fingerprint } = this.#underWay.get(id) ?? this.#remembered.get(id, nowMs) ?? {};
    return fingerprint === undefined ? [] : differences(fingerprint, contents, now);
  }

  /** Calls `publish` at once for an id that is new here, and not at all for a repeat. */
  once(
    id: string,
    nowMs: number,
    publish: () => Promise<Outcome>,
    fingerprint?: Fingerprint,
  ): { outcome: Promise<Outcome>; repeated: boolean } {
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) return { outcome: underWay.outcome, repeated: true };
    const before = this.#remembered.get(id, nowMs);
    if (before?.isPublished === true) return { outcome: Promise.resolve(before.outcome), repeated: true };
    const published = publish();
    const outcome = before === undefined ? published : published.then(() => before.outcome);
    this.#underWay.set(id, { outcome, fingerprint });
    outcome.then(
      (result) => {
        this.#underWay.delete(id);
        this.#remembered.set(id, { outcome: result, fingerprint, isPublished: true }, nowMs);
      },
      () => this.#underWay.delete(id),
    );
    return { outcome, repeated: false };
  }

  /**
   * Of the history, which another instance, or this one before a restart, may have filled; `publishedMs` by the clock of
   * `nowMs`. `false` where the id is known for another event.
   */
  found(id: string, publishedMs: number, nowMs: number, found: Found<Outcome>): boolean {
    if (nowMs - publishedMs >= this.maxAgeMs) return true;
    const before = this.#remembered.get(id, nowMs);
    const known = (this.#underWay.get(id) ?? before)?.fingerprint;
    if (before === undefined) this.#remembered.set(id, { ...found, isPublished: false }, publishedMs);
    return known === undefined || known.whole === found.fingerprint.whole;
  }
}
