import { describe, expect, it } from '@jest/globals';
import { LastHeard } from '../../services/delivery/session/last-heard.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const user = (role: 'provider' | 'customer', userId: number) => ({ role, userId, expiresAtMs: 0 });
const customer = user('customer', 4);

/** Devices that left at these minutes; the last of them just now. */
function leftAt(...minutes: number[]): LastHeard {
  const leftOff = new LastHeard();
  for (const minute of minutes) leftOff.add(customer, minute * MINUTE_MS, minute * MINUTE_MS);
  return leftOff;
}

describe('what a user left off at', () => {
  it('is nothing for a user who was not here', () => {
    expect(leftAt().sinceMs(customer, 0)).toBeUndefined();
  });

  it('is of the role and the id: provider 4 erases nothing of customer 4', () => {
    const leftOff = leftAt(10);
    leftOff.add(user('provider', 4), 20 * MINUTE_MS, 20 * MINUTE_MS);
    expect(leftOff.sinceMs(customer, 20 * MINUTE_MS)).toBe(10 * MINUTE_MS);
    expect(leftOff.sinceMs(user('customer', 5), 20 * MINUTE_MS)).toBeUndefined();
  });

  it('is the earlier of several devices, in whatever order they leave and come back', () => {
    expect(leftAt(10, 20, 30).sinceMs(customer, 30 * MINUTE_MS)).toBe(10 * MINUTE_MS);
    const leftOff = leftAt(20);
    leftOff.add(customer, 10 * MINUTE_MS, 21 * MINUTE_MS);
    expect(leftOff.sinceMs(customer, 21 * MINUTE_MS)).toBe(10 * MINUTE_MS);
  });

  it('forgets each device after an hour, and not the others', () => {
    const leftOff = leftAt(10, 20);
    expect(leftOff.sinceMs(customer, 10 * MINUTE_MS + HOUR_MS - 1)).toBe(10 * MINUTE_MS);
    expect(leftOff.sinceMs(customer, 10 * MINUTE_MS + HOUR_MS)).toBe(20 * MINUTE_MS);
    expect(leftOff.sinceMs(customer, 20 * MINUTE_MS + HOUR_MS)).toBeUndefined();
  });

  it('keeps one time a minute of a client that comes and goes', () => {
    const leftOff = new LastHeard();
    for (let ms = 0; ms < HOUR_MS + MINUTE_MS; ms += 1_000) leftOff.add(customer, ms, ms);
    expect(leftOff.sinceMs(customer, HOUR_MS + MINUTE_MS)).toBe(2 * MINUTE_MS);
  });
});
