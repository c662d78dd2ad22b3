import { describe, expect, it } from '@jest/globals';
import { KeyGuesses } from '../../services/ingest/http/key-guesses.ts';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;

describe('a right key', () => {
  const afterTwoWrong = (atMs: number, guesses = new KeyGuesses(2)) => {
    expect([guesses.wrong('a', atMs), guesses.wrong('a', atMs)]).toEqual([undefined, undefined]);
    return guesses;
  };

  it('is refused past the limit of wrong ones from its address, until their minute is over', () => {
    const guesses = afterTwoWrong(0);
    expect(guesses.wrong('a', 1)).toMatchObject({
      code: 'too_many_requests',
      message:
        'Too many wrong keys from this address: until Retry-After only a key that it has used before is taken.',
      retryAfterS: 60,
    });
    expect(guesses.right('key', 'a', 30_000)).toMatchObject({ code: 'too_many_requests', retryAfterS: 30 });
    expect(guesses.right('key', 'b', 30_000)).toBeUndefined();
    expect(guesses.right('key', 'a', MINUTE_MS)).toBeUndefined();
  });

  it('is taken from an address that has used it before, and not another key with it', () => {
    const guesses = new KeyGuesses(2);
    guesses.right('key', 'a', 0);
    afterTwoWrong(1, guesses);
    expect(guesses.right('key', 'a', 2)).toBeUndefined();
    expect(guesses.right('other', 'a', 2)).toBeDefined();
  });

  it('is remembered for a week after its last use', () => {
    const guesses = new KeyGuesses(2);
    for (const atMs of [0, WEEK_MS - 1, 2 * WEEK_MS - 2]) guesses.right('key', 'a', atMs);
    afterTwoWrong(3 * WEEK_MS - 3, guesses);
    expect(guesses.right('key', 'a', 3 * WEEK_MS - 3)).toBeUndefined();
    afterTwoWrong(4 * WEEK_MS, guesses);
    expect(guesses.right('key', 'a', 4 * WEEK_MS)).toBeDefined();
  });

  it('is remembered of 10,000 addresses, the last ones', () => {
    const guesses = new KeyGuesses(2);
    for (let n = 0; n <= 10_000; n += 1) guesses.right('key', n === 0 ? 'a' : `address-${n}`, 0);
    afterTwoWrong(0, guesses);
    expect(guesses.right('key', 'a', 0)).toBeDefined();
  });

  it('is refused past the limit for all addresses of an IPv6 network together, and taken where one of them used it', () => {
    const guesses = new KeyGuesses(1);
    guesses.wrong('2001:db8:1:2::1', 0);
    expect(guesses.wrong('2001:db8:1:2::2', 0)).toBeDefined();
    expect(guesses.right('key', '2001:db8:1:2::3', 0)).toBeDefined();
    expect(guesses.right('key', '2001:db8:1:3::1', 0)).toBeUndefined();
    guesses.wrong('2001:db8:1:3::2', 0);
    expect(guesses.right('key', '2001:db8:1:3::4', 0)).toBeUndefined();
  });
});
