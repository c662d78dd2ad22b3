import { expect, it } from '@jest/globals';
import { tokenDigest } from '../../services/delivery/session/token-digest.ts';

it('a digest stands for one token, and tells nothing of it', () => {
  expect(tokenDigest('eyJhbGciOiJIUzI1NiJ9.mine')).toBe(tokenDigest('eyJhbGciOiJIUzI1NiJ9.mine'));
  expect(tokenDigest('eyJhbGciOiJIUzI1NiJ9.mine')).not.toBe(tokenDigest('eyJhbGciOiJIUzI1NiJ9.another'));
  expect(tokenDigest('')).toMatch(/^[\w-]{43}$/);
  expect(tokenDigest('eyJhbGciOiJIUzI1NiJ9.mine')).toMatch(/^[\w-]{43}$/);
});
