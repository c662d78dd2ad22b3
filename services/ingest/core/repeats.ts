import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { Problem } from '../../../shared/contract/errors.ts';
import { differences, fingerprintOf, type Contents, type Digest, type Fingerprint } from './contents.ts';

/** How long a repeated id is recognised. */
export const REPEATS_MAX_AGE_MS = 24 * 60 * 60 * 1000;

interface First<Outcome> {
  readonly outcome: Promise<Outcome>;
  readonly fingerprint: Fingerprint | undefined;
}

/**
 * What was already published under an id that the backend gave. A repeat gets the outcome of the first, also
 * while that one is still on its way; a first that fails is forgotten, so that a retry publishes. Without contents
 * on both sides nothing is compared: the id is ours, and says that it is the same event.
 */
export class Repeats<Outcome> {
  readonly #firsts: ExpiringMap<string, First<Outcome>>;

  constructor(
    maxEntries: number,
    maxAgeMs: number,
    private readonly digest: Digest,
  ) {
    this.#firsts = new ExpiringMap(maxEntries, maxAgeMs);
  }

  has(id: string, nowMs: number): boolean {
    return this.#firsts.get(id, nowMs) !== undefined;
  }

  /** How the contents differ from what was published under the id; empty for a repeat, and for an id that is new. */
  clash(id: string, nowMs: number, contents: Contents): readonly Problem[] {
    const fingerprint = this.#firsts.get(id, nowMs)?.fingerprint;
    return fingerprint === undefined ? [] : differences(fingerprint, contents, this.digest);
  }

  /** Calls `publish` at once for an id that is new, and not at all for a repeat. */
  once(
    id: string,
    nowMs: number,
    publish: () => Promise<Outcome>,
    contents?: Contents,
  ): { outcome: Promise<Outcome>; repeated: boolean } {
    const first = this.#firsts.get(id, nowMs);
    if (first !== undefined) return { outcome: first.outcome, repeated: true };
    const outcome = publish();
    const fingerprint = contents === undefined ? undefined : fingerprintOf(contents, this.digest);
    this.#firsts.set(id, { outcome, fingerprint }, nowMs);
    outcome.catch(() => {
      if (this.#firsts.get(id, nowMs)?.outcome === outcome) this.#firsts.delete(id);
    });
    return { outcome, repeated: false };
  }
}
