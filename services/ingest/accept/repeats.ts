import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { Problem } from '../../../shared/contract/errors.ts';
import { differences, type Contents, type Fingerprint } from './contents.ts';
import { Remembered, type OutcomeForm } from './remembered.ts';

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
  /** In the history meanwhile, or before: published once more. */
  found: Found<Outcome> | undefined;
}

type First<Outcome> = UnderWay<Outcome> | Remembered<Outcome>;

function publishesNothing<Outcome>(first: First<Outcome>): boolean {
  return !(first instanceof Remembered) || first.isPublished;
}

function outcomeOf<Outcome>(first: First<Outcome>, id: string): Promise<Outcome> {
  return first instanceof Remembered ? Promise.resolve(first.outcome(id)) : first.outcome;
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
  readonly #firsts: ExpiringMap<string, First<Outcome>>;

  constructor(
    maxEntries: number,
    private readonly maxAgeMs: number,
    private readonly form: OutcomeForm<Outcome>,
  ) {
    this.#firsts = new ExpiringMap(maxEntries, maxAgeMs);
  }

  get size(): number {
    return this.#firsts.size;
  }

  /** Whether a repeat of this id would publish nothing. */
  has(id: string, nowMs: number): boolean {
    const first = this.#firsts.get(id, nowMs);
    return first !== undefined && publishesNothing(first);
  }

  /** How the contents differ from what was published under the id; empty for a repeat, and for an id that is new. */
  clash(id: string, nowMs: number, contents: Contents, now?: Fingerprint): readonly Problem[] {
    const first = this.#firsts.get(id, nowMs)?.fingerprint;
    return first === undefined ? [] : differences(first, contents, now);
  }

  /** Calls `publish` at once for an id that is new here, and not at all for a repeat. */
  once(
    id: string,
    nowMs: number,
    publish: () => Promise<Outcome>,
    fingerprint?: Fingerprint,
  ): { outcome: Promise<Outcome>; repeated: boolean } {
    const before = this.#firsts.get(id, nowMs);
    if (before !== undefined && publishesNothing(before))
      return { outcome: outcomeOf(before, id), repeated: true };
    const known = before instanceof Remembered ? before : undefined;
    const found = known?.fingerprint && { outcome: known.outcome(id), fingerprint: known.fingerprint };
    const published = publish();
    const outcome = found === undefined ? published : published.then(() => found.outcome);
    const first: UnderWay<Outcome> = { outcome, fingerprint, found };
    this.#firsts.set(id, first, nowMs);
    outcome.then(
      (result) => this.#succeeded(id, first, nowMs, result),
      () => this.#failed(id, first, nowMs),
    );
    return { outcome, repeated: false };
  }

  /**
   * Of the history, which another instance, or this one before a restart, may have filled; `publishedMs` by the clock of
   * `nowMs`. `false` where the id is known for another event.
   */
  found(id: string, publishedMs: number, nowMs: number, found: Found<Outcome>): boolean {
    if (nowMs - publishedMs >= this.maxAgeMs) return true;
    const first = this.#firsts.get(id, nowMs);
    if (first === undefined) this.#setFound(id, found, publishedMs);
    else if (!(first instanceof Remembered)) first.found ??= found;
    const known = first?.fingerprint;
    return known === undefined || known.whole === found.fingerprint.whole;
  }

  #succeeded(id: string, first: UnderWay<Outcome>, nowMs: number, outcome: Outcome): void {
    if (this.#firsts.get(id, nowMs) !== first) return;
    this.#firsts.replace(id, new Remembered(outcome, first.fingerprint, this.form, true));
  }

  /** It may be in the history all the same: then a retry is published, and another event refused. */
  #failed(id: string, first: UnderWay<Outcome>, nowMs: number): void {
    if (this.#firsts.get(id, nowMs) !== first) return;
    if (first.found === undefined) this.#firsts.delete(id);
    else this.#setFound(id, first.found, nowMs);
  }

  #setFound(id: string, { outcome, fingerprint }: Found<Outcome>, atMs: number): void {
    this.#firsts.set(id, new Remembered(outcome, fingerprint, this.form, false), atMs);
  }
}
