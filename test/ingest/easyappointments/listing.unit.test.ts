import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Listing, type Order } from '../../../services/ingest/easyappointments/rest/listing.ts';

const rowsOf = (ids: readonly unknown[]) => ids.map((id) => ({ id }));

function listing(order: Order, pages: readonly (readonly unknown[])[]): Listing {
  const made = new Listing(order);
  for (const ids of pages) made.add(rowsOf(ids));
  return made;
}

describe('what pages of a list prove not to be there', () => {
  it.each<[string, Order, readonly (readonly unknown[])[], readonly number[], readonly number[]]>([
    ['one between two rows of a page', '+id', [[3, 7]], [1, 2, 4, 6], [8]],
    ['one above the first row, from above', '-id', [[7, 3]], [4, 6, 8, 99], [1, 2]],
    ['none between two pages', '-id', [[9, 8], [5, 4]], [10], [6, 7, 3]], // prettier-ignore
    ['all, where there is none', '-id', [[]], [1, 99], []],
    ['none by an empty page behind others', '+id', [[3], []], [1, 2], [4]],
    ['none by a page in another order', '+id', [[7, 3]], [], [1, 5, 9]],
    ['none by a page with a row of which the id cannot be read', '+id', [[3, 'x', 7]], [], [4, 5]],
    ['none that another page shows', '+id', [[3, 7], [5]], [4, 6], [5]], // prettier-ignore
  ])('%s', (_what, order, pages, gone, unproven) => {
    const made = listing(order, pages);
    expect(gone.filter((id) => !made.lacks(id))).toEqual([]);
    expect(unproven.filter((id) => made.lacks(id))).toEqual([]);
  });

  it('is never a row that exists, whatever is added and deleted while pages are turned, and however short a page is cut', () => {
    const changes = fc.array(fc.record({ id: fc.nat(30), isDelete: fc.boolean() }), { maxLength: 30 });
    const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });
    const rows = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(rows, changes, lengths, fc.constantFrom<Order>('+id', '-id'), (ids, edits, cuts, order) => {
        const there = new Set(ids);
        const always = new Set(ids);
        const made = new Listing(order);
        const left = [...edits];
        let next = 31;
        const LENGTH = 4;
        for (let page = 0; page < 12; page += 1) {
          const sorted = [...there].sort((a, b) => (order === '+id' ? a - b : b - a));
          const cut = Math.min(cuts[page % cuts.length] ?? LENGTH, LENGTH);
          made.add(rowsOf(sorted.slice(page * LENGTH, page * LENGTH + cut)));
          for (const { id, isDelete } of left.splice(0, 3)) {
            if (isDelete) {
              there.delete(id);
              always.delete(id);
            } else there.add((next += 1));
          }
        }
        expect([...always].filter((id) => made.lacks(id))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
