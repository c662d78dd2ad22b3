/** Runs asynchronous steps one after the other, in the order in which they came. */
export class SerialQueue {
  /** While there are any. */
  #tail: Promise<void> | undefined;
  #size = 0;

  constructor(private readonly observer: { failed(error: unknown): void }) {}

  /** Steps that have not finished. */
  get size(): number {
    return this.#size;
  }

  add(step: () => Promise<void> | void): void {
    this.#size += 1;
    this.#tail = this.#run(this.#tail, step);
  }

  async #run(before: Promise<void> | undefined, step: () => Promise<void> | void): Promise<void> {
    await before;
    try {
      await step();
    } catch (error) {
      this.observer.failed(error);
    }
    this.#size -= 1;
    if (this.#size === 0) this.#tail = undefined;
  }
}
