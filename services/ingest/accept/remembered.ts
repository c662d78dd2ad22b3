import { ExpiringTexts } from '../../../shared/core/expiring-texts.ts';
import { digestsIn, digestsOf, type Fingerprint } from './contents.ts';
import type { Receipt } from './ports.ts';

/** How an outcome is written down beside the id that it belongs to: on one line, of characters up to U+00FF. */
export interface OutcomeForm<Outcome> {
  write(outcome: Outcome): string;
  read(text: string, id: string): Outcome;
}

/** `CURSOR ROOM ROOM …` */
export const receiptForm: OutcomeForm<Receipt> = {
  write: ({ cursor, rooms }) => [cursor, ...rooms].join(' '),
  read(text, id) {
    // As it was written: both were parsed when they came in.
    const [cursor, ...rooms] = text.split(' ') as [Receipt['cursor'], ...Receipt['rooms']];
    return { id, cursor, rooms };
  },
};

export const noForm: OutcomeForm<void> = { write: () => '', read: () => undefined };

/** What is kept of an id whose event is in the history. */
export interface Remembered<Outcome> {
  readonly outcome: Outcome;
  readonly fingerprint: Fingerprint | undefined;
  /** By this instance: a repeat of it publishes nothing. */
  readonly isPublished: boolean;
}

const PUBLISHED = '+';
const FOUND = '-';

/** Ids as texts: ingest remembers 100,000 of them for a day, which is most of its memory. */
export class RememberedIds<Outcome> {
  readonly #texts: ExpiringTexts;

  constructor(
    maxEntries: number,
    maxAgeMs: number,
    private readonly form: OutcomeForm<Outcome>,
  ) {
    this.#texts = new ExpiringTexts(maxEntries, maxAgeMs);
  }

  get size(): number {
    return this.#texts.size;
  }

  get(id: string, nowMs: number): Remembered<Outcome> | undefined {
    const text = this.#texts.get(id, nowMs);
    if (text === undefined) return undefined;
    const lineEnd = text.indexOf('\n');
    return {
      outcome: this.form.read(text.slice(PUBLISHED.length, lineEnd), id),
      fingerprint: digestsIn(text.slice(lineEnd + 1)),
      isPublished: text.startsWith(PUBLISHED),
    };
  }

  set(id: string, { outcome, fingerprint, isPublished }: Remembered<Outcome>, nowMs: number): void {
    const digests = fingerprint === undefined ? '' : digestsOf(fingerprint);
    const text = `${isPublished ? PUBLISHED : FOUND}${this.form.write(outcome)}\n${digests}`;
    this.#texts.set(id, text, nowMs);
  }
}
