import { describe, expect, it } from '@jest/globals';
import { verdictOf } from '../../client/src/close.ts';
import { closeCodes, type CloseName } from '../../shared/contract/close-codes.ts';

/** What the contract says of each, and what the client makes of it. */
const verdicts = {
  goingAway: { input: 'failed' },
  tooLarge: { input: 'failed' },
  malformedFrame: { input: 'refused' },
  notUtf8: { input: 'refused' },
  overloaded: { input: 'toHold', holdMs: 5_000 },
  unauthenticated: { input: 'failed', isTokenBad: true },
  tokenExpired: { input: 'failed', isTokenBad: true },
  noToken: { input: 'failed' },
  tooManyFrames: { input: 'toHold', holdMs: 42_000 },
  replaced: { input: 'replaced' },
  tooSlow: { input: 'failed' },
} as const satisfies Record<CloseName, object>;

describe('a close code of the contract', () => {
  it.each(Object.entries(verdicts))('%s', (name, verdict) => {
    const { code, reason } = closeCodes[name as CloseName];
    expect(verdictOf(code, `${reason} 42`)).toEqual(verdict);
  });
});

describe('a close code that is not known', () => {
  it.each([1000, 1001, 1006, 1011, 1015, 4000, 4010, 4499])('%d comes back', (code) => {
    expect(verdictOf(code, '')).toEqual({ input: 'failed' });
  });

  it.each([1003, 1008, 1010, 3001, 3999, 4500, 4999])('%d does not', (code) => {
    expect(verdictOf(code, '')).toEqual({ input: 'refused' });
  });
});

it('4008 without a number waits a minute', () => {
  expect(verdictOf(4008, 'too many')).toEqual({ input: 'toHold', holdMs: 60_000 });
});
