import { idIn } from './rest-rows.ts';

export type Order = '+id' | '-id';

/**
 * What pages of a list show of ids: that there are rows of some, and of others none. Rows move to another page when one is deleted
 * while pages are turned, so an id that was on none may exist; a page by itself is one answer of the database.
 */
export class Listing {
  readonly #ids = new Set<number>();
  /** From which id to which one, both included, a page shows every row that there was. */
  readonly #whole: { readonly from: number; readonly to: number }[] = [];
  #pages = 0;
  #lowest = Infinity;

  constructor(readonly order: Order) {}

  /** The next page. */
  add(rows: readonly unknown[]): void {
    const ids = rows.map(idIn);
    const read = ids.filter((id) => id !== undefined);
    for (const id of read) this.#ids.add(id);
    this.#lowest = Math.min(this.#lowest, ...read);
    const isFirst = (this.#pages += 1) === 1;
    // Not in the order that was asked for, or with a row that nobody can tell the id of: it proves nothing.
    if (read.length < ids.length || !isInOrder(read, this.order)) return;
    const { from, to } = rangeOf(read);
    if (read.length === 0) this.#whole.push(...(isFirst ? [{ from: 0, to: Infinity }] : []));
    else if (!isFirst) this.#whole.push({ from, to });
    else this.#whole.push(this.order === '+id' ? { from: 0, to } : { from, to: Infinity });
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  /** Whether one of the pages proves that there is no row of it. */
  lacks(id: number): boolean {
    return !this.has(id) && this.#whole.some(({ from, to }) => from <= id && id <= to);
  }

  get size(): number {
    return this.#ids.size;
  }

  get lowest(): number {
    return this.#lowest;
  }
}

function rangeOf(ids: readonly number[]): { from: number; to: number } {
  return { from: Math.min(...ids), to: Math.max(...ids) };
}

function isInOrder(ids: readonly number[], order: Order): boolean {
  return ids.every((id, index) => {
    const before = ids[index - 1];
    return before === undefined || (order === '+id' ? before < id : before > id);
  });
}
