/** Something that others wait for, and that may be over again. */
export class Gate {
  #isOpen = false;
  #waiting: (() => void)[] = [];

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when the gate is open; it may be locked again by the time the caller goes on. */
  open(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  unlock(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  lock(): void {
    this.#isOpen = false;
  }
}
