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

  it('is what devices have not confirmed that seem to be there still: their connection may be dead', () => {
    const leftOff = leftAt(20);
    const nowMs = 21 * MINUTE_MS;
    expect(leftOff.rewindSinceMs(customer, nowMs, [nowMs, 10 * MINUTE_MS])).toBe(10 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(customer, 5 * HOUR_MS, [0])).toBe(4 * HOUR_MS);
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

  it('is one time for five minutes of a client that comes and goes', () => {
    const leftOff = new LeftOff(REWIND_MS);
    const lastOfFirstMs = 5 * MINUTE_MS - 1_000;
    for (let ms = 0; ms < lastOfFirstMs + HOUR_MS; ms += 1_000) leftOff.add(customer, ms, ms);
    expect(leftOff.rewindSinceMs(customer, lastOfFirstMs + HOUR_MS - 1)).toBe(0);
    expect(leftOff.rewindSinceMs(customer, lastOfFirstMs + HOUR_MS)).toBe(5 * MINUTE_MS);
  });

  it('is an hour at most of a client that has not confirmed anything for longer', () => {
    const leftOff = new LeftOff(REWIND_MS);
    leftOff.add(customer, 0, 5 * HOUR_MS);
    expect(leftOff.rewindSinceMs(customer, 5 * HOUR_MS)).toBe(4 * HOUR_MS);
  });

  it('is never later than the rewind, also for who comes by the same token from another instance or as another device', () => {
    const leftOff = new LeftOff(REWIND_MS);
    leftOff.add(customer, 10 * MINUTE_MS, 10 * MINUTE_MS);
    const nowMs = 10 * MINUTE_MS + 1_000;
    expect(leftOff.rewindSinceMs(customer, nowMs)).toBe(nowMs - REWIND_MS);
    expect(leftOff.rewindSinceMs(customer, nowMs)).toBe(nowMs - REWIND_MS);
  });

  it('is kept for an hour from the last time that it left, though it has confirmed nothing since', () => {
    const leftOff = new LeftOff(REWIND_MS);
    leftOff.add(customer, 0, MINUTE_MS);
    leftOff.add(customer, 0, 50 * MINUTE_MS);
    expect(leftOff.rewindSinceMs(customer, 100 * MINUTE_MS)).toBe(0);
  });
});
