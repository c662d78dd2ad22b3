import { describe, expect, it } from '@jest/globals';
import { FrameBounds } from '../../services/delivery/session/frame-bounds.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const user = (role: 'provider' | 'customer', userId: number) => ({ role, userId, expiresAtMs: 0 });
const provider = user('provider', 4);

describe('what a client takes in one frame', () => {
  it('is anything, until one closed its connection over a frame', () => {
    expect(new FrameBounds().of(provider, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is then less than the largest that it may have met, for all devices of that user and for nobody else', () => {
    const bounds = new FrameBounds();
    bounds.refused(provider, 40_000, 0);
    expect(bounds.of(provider, 0)).toBe(39_999);
    expect(bounds.of(user('customer', 4), 0)).toBe(Number.POSITIVE_INFINITY);
    expect(bounds.of(user('provider', 5), 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is half as much when that was still too large, and never less than any client must take', () => {
    const bounds = new FrameBounds();
    bounds.refused(provider, 1_000_000, 0);
    bounds.refused(provider, 900_000, 0);
    expect(bounds.of(provider, 0)).toBe(499_999);
    for (let count = 0; count < 20; count += 1) bounds.refused(provider, 500, 0);
    expect(bounds.of(provider, 0)).toBe(1_024);
  });

  it('does not shrink for a second device that met the same frame', () => {
    const bounds = new FrameBounds();
    bounds.refused(provider, 1_000_000, 0);
    bounds.refused(provider, 1_000_000, 0);
    expect(bounds.of(provider, 0)).toBe(999_999);
  });

  it('is forgotten after a day', () => {
    const bounds = new FrameBounds();
    bounds.refused(provider, 40_000, 0);
    expect([bounds.of(provider, DAY_MS - 1), bounds.of(provider, DAY_MS)]).toEqual([
      39_999,
      Number.POSITIVE_INFINITY,
    ]);
  });
});
