/** Positions in ascending order: appended at the end, dropped at the front, found in logarithmic time. */
export class Positions {
  #list: number[];
  /** Of `#list`, at the front. */
  #dropped = 0;

  constructor(...positions: number[]) {
    this.#list = positions;
  }

  get isEmpty(): boolean {
    return this.#dropped === this.#list.length;
  }

  /** Each position counts once. */
  append(position: number): void {
    if (this.#list.at(-1) !== position) this.#list.push(position);
  }

  dropBefore(position: number): void {
    this.#dropped = this.#indexOf(position);
    // Moved to the front no more often than as many were appended.
    if (this.#dropped * 2 < this.#list.length) return;
    this.#list = this.#list.slice(this.#dropped);
    this.#dropped = 0;
  }

  /** The newest before a position. */
  before(position: number): number | undefined {
    const index = this.#indexOf(position);
    return index > this.#dropped ? this.#list[index - 1] : undefined;
  }

  /** From one position up to another, which is not included. */
  between(from: number, end: number): readonly number[] {
    return this.#list.slice(this.#indexOf(from), this.#indexOf(end));
  }

  /** Of the first that is not before a position. */
  #indexOf(position: number): number {
    let low = this.#dropped;
    let high = this.#list.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#list[middle] ?? position) >= position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
