import { describe, expect, it } from '@jest/globals';
import { PauseDetector } from '../../services/delivery/stream/pause-detector.ts';
import { NOON } from './fakes.ts';

describe('a pause of the process', () => {
  it('is noticed by the first look after it, once', () => {
    const pauses = new PauseDetector(NOON);
    const looks = [1_000, 2_000, 9_000, 10_000].map((ms) => pauses.justEnded(NOON + ms));
    expect(looks).toEqual([false, false, true, false]);
  });

  it('is not a look that is a little late', () => {
    expect(new PauseDetector(NOON).justEnded(NOON + 2_500)).toBe(false);
  });
});
