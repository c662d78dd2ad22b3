import { ExpiringTexts } from '../../../shared/core/expiring-texts.ts';

/** Events whose repeats are dropped: as long as ingest remembers them. */
const MAX_EVENTS = 100_000;
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** The position at which each event was first seen, by its identity. */
export class FirstSeen {
  readonly #positions = new ExpiringTexts(MAX_EVENTS, MAX_AGE_MS);

  get(identity: string, nowMs: number): number | undefined {
    const text = this.#positions.get(identity, nowMs);
    return text === undefined ? undefined : Number(text);
  }

  set(identity: string, position: number, nowMs: number): void {
    this.#positions.set(identity, String(position), nowMs);
  }
}
