import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Listing } from '../../../services/ingest/backends/easyappointments/api/listing.ts';

const rowsOf = (ids: readonly unknown[]) => ids.map((id) => ({ id }));

describe('what pages of a list prove not to be there', () => {
  it.each<[string, readonly (readonly unknown[])[], readonly number[], readonly number[]]>([
    [
      'one between two rows of a page',
      [
        [3, 5, 9],
        [11, 14, 20],
      ],
      [4, 6, 12, 19],
      [10, 21],
    ],
    [
      'one before the first row, lowest first',
      [
        [3, 5, 9],
        [11, 14, 20],
      ],
      [1, 2],
      [21],
    ],
    [
      'one before the first row, highest first',
      [
        [20, 14, 11],
        [9, 5, 3],
      ],
      [21, 99],
      [1, 2],
    ],
    ['one behind the last row, where the last page is not full', [[3, 5, 9], [11]], [12, 99], [10]],
    ['all others, where one page is not full, in any order', [[9, 3]], [1, 5, 99], []],
    ['all, where there is none', [[]], [1, 99], []],
    ['none behind full pages', [[3, 5, 9], []], [1, 2, 4], [10, 99]],
    ['none without an order', [[9, 3, 5], [11]], [], [1, 4, 10, 12]],
    [
      'none where a later page is in another order',
      [
        [3, 5, 9],
        [14, 11],
      ],
      [],
      [1, 4, 12, 99],
    ],
    ['none by a page with a row of which the id cannot be read', [[3, 'x', 9]], [], [1, 4, 99]],
    ['none that another page shows', [[3, 5, 9], [4]], [6], [4]],
  ])('%s', (_what, pages, gone, unproven) => {
    const made = new Listing(3);
    for (const ids of pages) made.add(rowsOf(ids));
    expect(gone.filter((id) => !made.lacks(id))).toEqual([]);
    expect(unproven.filter((id) => made.lacks(id))).toEqual([]);
  });

  it('is never a row that exists, whatever is added and deleted while pages are turned', () => {
    const changes = fc.array(fc.record({ id: fc.nat(30), isDelete: fc.boolean() }), { maxLength: 30 });
    const rows = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(
        rows,
        changes,
        fc.constantFrom(1, -1),
        fc.constantFrom(1, 2, 3, 4),
        (ids, edits, sign, length) => {
          const there = new Set(ids);
          const always = new Set(ids);
          const made = new Listing(length);
          const left = [...edits];
          let next = 31;
          for (let page = 0; page < 40; page += 1) {
            const sorted = [...there].sort((a, b) => sign * (a - b));
            const shown = sorted.slice(page * length, (page + 1) * length);
            made.add(rowsOf(shown));
            if (shown.length < length) break;
            for (const { id, isDelete } of left.splice(0, 3)) {
              if (isDelete) {
                there.delete(id);
                always.delete(id);
              } else there.add((next += 1));
            }
          }
          expect([...always].filter((id) => made.lacks(id))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
