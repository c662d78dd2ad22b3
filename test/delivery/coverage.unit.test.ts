import { describe, expect, it } from '@jest/globals';
import { Coverage } from '../../services/delivery/stream/coverage.ts';
import { cursorAt, NOON } from './fakes.ts';

/** A mark goes out and comes back. */
function roundTrip(coverage: Coverage, position: number): void {
  const mark = cursorAt(NOON);
  coverage.markPublished(mark);
  coverage.markArrived(mark, position);
}

describe('Coverage', () => {
  it('a confirmed binding alone covers nothing yet', () => {
    const coverage = new Coverage();
    coverage.bindingConfirmed('provider.4');
    expect(coverage.covers(['provider.4'], 100)).toBe(false);
  });

  it('covers from the arrival of a mark that was published after the confirm', () => {
    const coverage = new Coverage();
    coverage.bindingConfirmed('provider.4');
    roundTrip(coverage, 7);
    expect([6, 7, 8].map((position) => coverage.covers(['provider.4'], position))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('a mark that was under way at the confirm proves nothing', () => {
    const coverage = new Coverage();
    const early = cursorAt(NOON);
    coverage.markPublished(early);
    coverage.bindingConfirmed('provider.4');
    coverage.markArrived(early, 3);
    expect(coverage.covers(['provider.4'], 100)).toBe(false);
  });

  it('later marks do not shorten what is covered', () => {
    const coverage = new Coverage();
    coverage.bindingConfirmed('provider.4');
    roundTrip(coverage, 7);
    roundTrip(coverage, 20);
    expect(coverage.covers(['provider.4'], 7)).toBe(true);
  });

  it('any one of the patterns of a room is enough', () => {
    const coverage = new Coverage();
    coverage.bindingConfirmed('provider.*');
    roundTrip(coverage, 7);
    expect(coverage.covers(['provider.4', 'provider.*'], 7)).toBe(true);
    expect(coverage.covers(['customer.4', 'customer.*'], 7)).toBe(false);
  });

  it('a removed binding covers nothing, and starts anew when it is bound again', () => {
    const coverage = new Coverage();
    coverage.bindingConfirmed('provider.4');
    roundTrip(coverage, 7);
    coverage.bindingRemoved('provider.4');
    expect(coverage.covers(['provider.4'], 100)).toBe(false);
    coverage.bindingConfirmed('provider.4');
    roundTrip(coverage, 20);
    expect([coverage.covers(['provider.4'], 19), coverage.covers(['provider.4'], 20)]).toEqual([false, true]);
  });

  it('a mark from before a removal proves nothing for the binding that came after it', () => {
    const coverage = new Coverage();
    const early = cursorAt(NOON);
    coverage.bindingConfirmed('provider.4');
    coverage.markPublished(early);
    coverage.bindingRemoved('provider.4');
    coverage.bindingConfirmed('provider.4');
    coverage.markArrived(early, 3);
    expect(coverage.covers(['provider.4'], 100)).toBe(false);
    roundTrip(coverage, 9);
    expect([coverage.covers(['provider.4'], 8), coverage.covers(['provider.4'], 9)]).toEqual([false, true]);
  });

  it('the end of the queue ends all promises, also of marks under way', () => {
    const coverage = new Coverage();
    const early = cursorAt(NOON);
    coverage.bindingConfirmed('provider.4');
    roundTrip(coverage, 7);
    coverage.bindingConfirmed('customer.6');
    coverage.markPublished(early);
    coverage.reset();
    coverage.markArrived(early, 9);
    expect([coverage.covers(['provider.4'], 100), coverage.covers(['customer.6'], 100)]).toEqual([
      false,
      false,
    ]);
  });
});
