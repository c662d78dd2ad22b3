/** Holds messages back until it is opened: no more than the prefetch, since they are not acknowledged. */
export class HoldBack<Message> {
  #held: Message[] = [];
  #isOpen = false;

  constructor(private readonly take: (message: Message) => void) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether nothing is held back. */
  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  push(message: Message): void {
    if (this.#isOpen) this.take(message);
    else this.#held.push(message);
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Passes on what is held, up to the first message for which this is not so. */
  passWhile(test: (message: Message) => boolean): void {
    for (let [first] = this.#held; first !== undefined && test(first); [first] = this.#held) {
      this.#held.shift();
      this.take(first);
    }
  }

  /** Until it is closed again, by what comes of a message that it passes on. */
  open(): void {
    this.#isOpen = true;
    this.passWhile(() => this.#isOpen);
  }
}
