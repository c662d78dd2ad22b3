/** Runs asynchronous steps one after the other, in the order in which they came. */
export class SerialQueue {
  #tail: Promise<void> = Promise.resolve();
  #size = 0;

  constructor(private readonly onError: (error: unknown) => void) {}

  /** Steps that have not finished. */
  get size(): number {
    return this.#size;
  }

  add(step: () => Promise<void> | void): void {
    this.#size += 1;
    this.#tail = this.#tail
      .then(step)
      .catch(this.onError)
      .finally(() => {
        this.#size -= 1;
      });
  }
}
