/** What has come for one request, and whom it still waits for. */
export class PendingAnswers {
  readonly answers = new Map<string, Buffer>();
  /** Resolves once nobody is waited for any more. */
  readonly complete: Promise<void>;
  #finish: () => void = () => undefined;
  /** Whether all are known that were here when the request was made. */
  #isEverybodyKnown = false;

  constructor(private readonly namesHere: () => readonly string[]) {
    this.complete = new Promise((resolve) => (this.#finish = resolve));
  }

  get isEverybodyKnown(): boolean {
    return this.#isEverybodyKnown;
  }

  get missing(): readonly string[] {
    return this.namesHere().filter((name) => !this.answers.has(name));
  }

  answered(instance: string, body: Buffer): void {
    this.answers.set(instance, body);
    this.#check();
  }

  everybodyKnown(): void {
    this.#isEverybodyKnown = true;
    this.#check();
  }

  #check(): void {
    if (this.#isEverybodyKnown && this.missing.length === 0) this.#finish();
  }
}
