import { idIn } from './rows.ts';

type Direction = 'up' | 'down';

/**
 * What pages of a list show of ids: that there are rows of some, and of others none. Rows move to another page when one is deleted
 * while pages are turned, so an id that was on none may exist; a page by itself is one answer of the database. Easy!Appointments
 * may ignore the order that is asked for, so the rows tell it.
 */
export class Listing {
  readonly ids = new Set<number>();
  lowest = Infinity;
  /** From which id to which one, both included, a page shows every row that there was. */
  #whole: { readonly from: number; readonly to: number }[] = [];
  #pages = 0;
  #direction: Direction | undefined;
  #isInOrder = true;

  constructor(private readonly pageLength: number) {}

  /** The next page. */
  add(rows: readonly unknown[]): void {
    const ids = rows.map(idIn);
    const read = ids.filter((id) => id !== undefined);
    for (const id of read) this.ids.add(id);
    const [from, to] = [Math.min(...read), Math.max(...read)];
    this.lowest = Math.min(this.lowest, from);
    const isFirst = (this.#pages += 1) === 1;
    const isLast = rows.length < this.pageLength;
    // Of a row without an id that can be read nobody knows which it is.
    if (read.length < ids.length) return;
    if (isFirst && isLast) this.#whole.push({ from: 0, to: Infinity });
    else if (read.length > 0 && this.#keepsOrder(read)) {
      const isUp = this.#direction === 'up';
      const isOpen = { below: isUp ? isFirst : isLast, above: isUp ? isLast : isFirst };
      this.#whole.push({ from: isOpen.below ? 0 : from, to: isOpen.above ? Infinity : to });
    }
  }

  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** Whether one of the pages proves that there is no row of it. */
  lacks(id: number): boolean {
    return !this.has(id) && this.#whole.some(({ from, to }) => from <= id && id <= to);
  }

  get isNewestFirst(): boolean {
    return this.#isInOrder && this.#direction === 'down';
  }

  /** Without an order, no page says what is not on it. */
  #keepsOrder(ids: readonly number[]): boolean {
    const [first = 0, second] = ids;
    if (second !== undefined) this.#direction ??= first < second ? 'up' : 'down';
    const sign = this.#direction === 'up' ? 1 : -1;
    const isInOrder = ids.every((id, index) => index === 0 || sign * (id - (ids[index - 1] ?? id)) > 0);
    this.#isInOrder &&= isInOrder;
    if (!this.#isInOrder) this.#whole = [];
    return this.#isInOrder && this.#direction !== undefined;
  }
}
