import { describe, expect, it } from '@jest/globals';
import { Completeness } from '../../services/delivery/stream/completeness.ts';
import { cursorAt, NOON } from './fakes.ts';

const SECOND = 1_000;

/** Marks a second apart go out and come back, at the positions that are given. */
function after(...positions: number[]) {
  const completeness = new Completeness();
  const marks = positions.map((position, index) => {
    const mark = cursorAt(NOON + index * SECOND);
    completeness.markPublished(mark);
    completeness.markArrived(mark, position);
    return { cursor: mark, position };
  });
  return { completeness, marks };
}

describe('what is proven complete', () => {
  it('is nothing before the first mark, and that one then, since nobody was live before', () => {
    expect(new Completeness().proven).toBeUndefined();
    const { completeness, marks } = after(4);
    expect(completeness.proven).toEqual(marks[0]);
  });

  it('goes up to a mark once another, published after it came, has come too', () => {
    const { completeness, marks } = after(4, 9, 15);
    expect(completeness.proven).toEqual(marks[1]);
  });

  it('does not move for a mark that was under way before', () => {
    const { completeness, marks } = after(4);
    const [second, third] = [cursorAt(NOON + SECOND), cursorAt(NOON + 2 * SECOND)];
    completeness.markPublished(second);
    completeness.markPublished(third);
    completeness.markArrived(second, 9);
    completeness.markArrived(third, 10);
    expect(completeness.proven).toEqual(marks[0]);
  });

  it('stays where it was while something is missing, whatever comes', () => {
    const { completeness, marks } = after(4, 9, 15);
    completeness.doubt();
    const late = cursorAt(NOON + 9 * SECOND);
    completeness.markPublished(late);
    completeness.markArrived(late, 30);
    expect(completeness.proven).toEqual(marks[1]);
  });

  it('is where the history was read up to, and a mark from before that proves nothing', () => {
    const { completeness } = after(4, 9);
    const underWay = cursorAt(NOON + 2 * SECOND);
    completeness.markPublished(underWay);
    completeness.doubt();
    const to = { cursor: cursorAt(NOON + 5 * SECOND), position: 40 };
    completeness.filled(to);
    completeness.markArrived(underWay, 41);
    expect(completeness.proven).toEqual(to);
  });
});

describe('a client whose newest entry came while something before it was missing', () => {
  const hole = () => {
    const { completeness, marks } = after(4, 9, 15);
    const from = marks[1];
    completeness.doubt();
    return { completeness, from };
  };
  const to = { cursor: cursorAt(NOON + 8 * SECOND), position: 40 };
  const inside = cursorAt(NOON + 4 * SECOND);

  it('begins where it was complete, before the hole is filled and after', () => {
    const { completeness, from } = hole();
    expect(completeness.beginningFor(inside, 20)).toEqual(from);
    completeness.filled(to);
    expect(completeness.beginningFor(inside, 20)).toEqual(from);
  });

  it('begins at its own entry when that came before, or after', () => {
    const { completeness } = hole();
    completeness.filled(to);
    expect(completeness.beginningFor(inside, 9)).toBeUndefined();
    expect(completeness.beginningFor(inside, 41)).toBeUndefined();
  });

  it('is found by the time of its entry where that is not in memory', () => {
    const { completeness, from } = hole();
    completeness.filled(to);
    expect(completeness.beginningFor(inside, undefined)).toEqual(from);
    expect(completeness.beginningFor(cursorAt(NOON), undefined)).toBeUndefined();
    expect(completeness.beginningFor(cursorAt(NOON + 9 * SECOND), undefined)).toBeUndefined();
  });

  it('is found however many holes there were', () => {
    const { completeness, from } = hole();
    for (let holes = 1; holes <= 200; holes += 1) {
      completeness.doubt();
      completeness.filled({ cursor: cursorAt(NOON + (8 + holes) * SECOND), position: 40 + holes });
    }
    expect(completeness.beginningFor(inside, 20)).toEqual(from);
  });

  it('does not exist after a start at which nothing was in doubt', () => {
    const { completeness } = after(4, 9, 15);
    completeness.filled(to);
    expect(completeness.beginningFor(inside, 20)).toBeUndefined();
  });
});
