import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Positions } from '../../services/delivery/stream/positions.ts';

describe('Positions', () => {
  it('are those that were appended and not dropped, whatever is asked of them', () => {
    const ascending = fc.uniqueArray(fc.nat(60)).map((positions) => positions.sort((a, b) => a - b));
    fc.assert(
      fc.property(ascending, fc.nat(61), fc.nat(61), fc.nat(61), (all, dropped, from, end) => {
        const positions = new Positions();
        for (const position of all) positions.append(position);
        positions.dropBefore(dropped);
        const left = all.filter((position) => position >= dropped);
        expect(positions.isEmpty).toBe(left.length === 0);
        expect(positions.before(from)).toBe(left.filter((position) => position < from).at(-1));
        expect(positions.between(from, end)).toEqual(left.filter((at) => at >= from && at < end));
      }),
    );
  });

  it('counts a position once', () => {
    const positions = new Positions();
    for (const position of [3, 3]) positions.append(position);
    expect(positions.between(0, 9)).toEqual([3]);
  });

  it('goes on after many were dropped one by one', () => {
    const positions = new Positions();
    for (let position = 0; position < 5_000; position += 1) {
      positions.append(position);
      positions.dropBefore(position - 1);
    }
    expect(positions.between(0, 5_000)).toEqual([4_998, 4_999]);
    positions.dropBefore(5_000);
    expect([positions.isEmpty, positions.before(5_000)]).toEqual([true, undefined]);
  });
});
