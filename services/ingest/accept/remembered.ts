import { digestsIn, digestsOf, type Fingerprint } from './contents.ts';
import type { Receipt } from './ports.ts';

/** How an outcome is written down beside the id that it belongs to, on one line. */
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

/**
 * What is kept of an id once its event is in the history: a string in place of ten objects. Ingest remembers 100,000 ids, for a day,
 * which is most of its memory.
 */
export class Remembered<Outcome> {
  readonly #text: string;

  constructor(
    outcome: Outcome,
    fingerprint: Fingerprint | undefined,
    private readonly form: OutcomeForm<Outcome>,
    /** By this instance: a repeat of it publishes nothing. */
    readonly isPublished: boolean,
  ) {
    // Joined, it is one piece of memory; added up it would hold the pieces.
    this.#text = [form.write(outcome), fingerprint === undefined ? '' : digestsOf(fingerprint)].join('\n');
  }

  outcome(id: string): Outcome {
    return this.form.read(this.#text.slice(0, this.#text.indexOf('\n')), id);
  }

  get fingerprint(): Fingerprint | undefined {
    return digestsIn(this.#text.slice(this.#text.indexOf('\n') + 1));
  }
}
