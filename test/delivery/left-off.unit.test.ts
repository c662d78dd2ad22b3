import { describe, expect, it } from '@jest/globals';
import { LeftOff } from '../../services/delivery/session/left-off.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const REWIND_MS = 30_000;
const user = (role: 'provider' | 'customer', userId: number) => ({ role, userId, expiresAtMs: 0 });
const customer = user('customer', 4);

/** Devices that left at these minutes; the last of them just now. */
function leftAt(...minutes: number[]): LeftOff {
  const leftOff = new LeftOff(REWIND_MS);
  for (const minute of minutes) leftOff.add(customer, minute * MINUTE_MS, minute * MINUTE_MS);
  return leftOff;
}

describe('what a user left off at', () => {
  it('is what everybody is given for a user who was not here', () => {
    expect(leftAt().rewindSinceMs(customer, MINUTE_MS)).toBe(MINUTE_MS - REWIND_MS);
  });

  it('is of the role and the id: provider 4 erases nothing of customer 4', () => {
    const leftOff = leftAt(10);
    leftOff.add(user('provider', 4), 20 * MINUTE_MS, 20 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(customer, 20 * MINUTE_MS)).toBe(10 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(user('customer', 5), 20 * MINUTE_MS)).toBe(20 * MINUTE_MS - REWIND_MS);
  });

  it('is the earlier of several devices, in whatever order they leave and come back', () => {
    expect(leftAt(10, 20, 30).rewindSinceMs(customer, 30 * MINUTE_MS)).toBe(10 * MINUTE_MS);
    const leftOff = leftAt(20);
    leftOff.add(customer, 10 * MINUTE_MS, 21 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(customer, 21 * MINUTE_MS)).toBe(10 * MINUTE_MS);
  });

  it('forgets each device after an hour, and not the others', () => {
    const leftOff = leftAt(10, 20);
    expect(leftOff.rewindSinceMs(customer, 10 * MINUTE_MS + HOUR_MS - 1)).toBe(10 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(customer, 10 * MINUTE_MS + HOUR_MS)).toBe(20 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(customer, 20 * MINUTE_MS + HOUR_MS)).toBe(
      20 * MINUTE_MS + HOUR_MS - REWIND_MS,
    );
  });

  it('is never less than what everybody is given: a sign of life proves nothing about the moments before it', () => {
    expect(leftAt(10).rewindSinceMs(customer, 10 * MINUTE_MS)).toBe(10 * MINUTE_MS - REWIND_MS);
  });

  it('keeps one time a minute of a client that comes and goes', () => {
    const leftOff = new LeftOff(REWIND_MS);
    for (let ms = 0; ms < HOUR_MS + MINUTE_MS; ms += 1_000) leftOff.add(customer, ms, ms);
    expect(leftOff.rewindSinceMs(customer, HOUR_MS + MINUTE_MS)).toBe(2 * MINUTE_MS);
  });

  it('is an hour at most of a client that has not confirmed anything for longer', () => {
    const leftOff = new LeftOff(REWIND_MS);
    leftOff.add(customer, 0, 5 * HOUR_MS, 'token');
    expect(leftOff.rewindSinceMs(customer, 5 * HOUR_MS)).toBe(4 * HOUR_MS);
    expect(leftOff.rewindSinceMs(customer, 5 * HOUR_MS, 'token')).toBe(4 * HOUR_MS);
  });
});

describe('what a device left off at that is known by its token', () => {
  it('is where it was, each time, and nothing comes twice', () => {
    const leftOff = new LeftOff(REWIND_MS);
    for (const second of [1, 2, 3].map((minute) => minute * 1_000)) {
      leftOff.add(customer, second, second, 'token');
      expect(leftOff.rewindSinceMs(customer, second + 500, 'token')).toBe(second);
    }
  });

  it('is for that token alone: another device of the user is given what it may have missed', () => {
    const leftOff = new LeftOff(REWIND_MS);
    leftOff.add(customer, 10 * MINUTE_MS, 10 * MINUTE_MS, 'phone');
    expect(leftOff.rewindSinceMs(customer, 11 * MINUTE_MS, 'tablet')).toBe(10 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(customer, 11 * MINUTE_MS, 'phone')).toBe(10 * MINUTE_MS);
    // And whoever comes with that token after it, as a second page of the same browser, still is.
    expect(leftOff.rewindSinceMs(customer, 12 * MINUTE_MS, 'phone')).toBe(10 * MINUTE_MS);
  });

  it('is the earliest of several sessions by one token, for each of them, in whatever order they come back', () => {
    const leftOff = new LeftOff(REWIND_MS);
    for (const minute of [20, 10, 30]) leftOff.add(customer, minute * MINUTE_MS, 30 * MINUTE_MS, 'token');
    const given = Array.from({ length: 3 }, () => leftOff.rewindSinceMs(customer, 30 * MINUTE_MS, 'token'));
    expect(given).toEqual([10, 10, 10].map((minute) => minute * MINUTE_MS));
  });
});
