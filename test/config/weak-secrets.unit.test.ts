import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { weaknessOf } from '../../shared/config/weak-secrets.ts';
import { read } from '../deploy/deploy-files.ts';

/** 32 bytes as a generator of secrets makes them, again from the same seed: fast-check's own prefer the special cases. */
const random = fc.maxSafeNat().map((seed) => createHash('sha256').update(String(seed)).digest());
const PRINTABLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index));
const encodings: readonly [string, (bytes: Buffer) => string][] = [
  ['hex', (bytes) => bytes.toString('hex')],
  ['hex of 16 bytes', (bytes) => bytes.subarray(16).toString('hex')],
  ['base64', (bytes) => bytes.toString('base64')],
  ['base64url', (bytes) => bytes.toString('base64url')],
  ['printable characters', (bytes) => [...bytes].map((byte) => PRINTABLE[byte % 94]).join('')],
  ['letters', (bytes) => [...bytes].map((byte) => String.fromCharCode(0x61 + (byte % 26))).join('')],
  ['digits', (bytes) => [...bytes].map((byte) => byte % 10).join('')],
];

describe('a secret', () => {
  it.each(encodings)('of 32 random bytes as %s passes', (_name, encode) => {
    fc.assert(
      fc.property(random, (bytes) => weaknessOf(encode(bytes)) === undefined),
      { numRuns: 2_000 },
    );
  });

  it('that is one piece again and again is refused, cut short anywhere', () => {
    const pieces = fc.string({ minLength: 1, maxLength: 16, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(pieces, fc.nat(31), (piece, cut) => {
        const secret = piece.repeat(40).slice(0, 32 + cut);
        expect(weaknessOf(secret)).toBeDefined();
      }),
    );
  });

  it.each([
    'your_64_character_hex_secret_here',
    'your-256-bit-secret-your-256-bit-secret',
    'your-jwt-secret-your-jwt-secret-1234',
    'YOUR_API_KEY_0123456789_0123456789_0',
    'a-string-secret-at-least-256-bits-long',
    'change-me-please-change-me-please-1234',
    'REPLACE_THIS_WITH_32_BYTES_OR_MORE_1',
    'my-super-secret-that-nobody-will-guess',
    'jwt-secret-key-of-the-production-site',
    'example-secret-of-the-documentation-1',
    '<put-the-output-of-openssl-here-please>',
    '$(openssl rand -hex 32)',
    'openssl rand -hex 32 # put the output here',
    '${JWT_SECRET:-of the environment of compose}',
  ])('%s is a placeholder', (secret) => {
    expect(weaknessOf(secret)).toBe('a placeholder');
  });

  it.each([
    'a'.repeat(64),
    'abababababababababababababababab',
    '0123456789abcdef0123456789abcdef',
    '01234567890123456789012345678901',
    '0123456789abcdefghijklmnopqrstuv',
    'zyxwvutsrqponmlkjihgfedcba987654',
    'aaaaaaaabbbbbbbbccccccccdddddddd',
    '11111111111111111111111111111112',
    '                                ',
  ])('%s is too regular', (secret) => {
    expect(weaknessOf(secret)).toBe('too regular to be random');
  });

  it('that stands in our own files is none', () => {
    const files = [
      '.env.example',
      'README.md',
      'docs/operations.md',
      'docs/easyappointments.md',
      'PROTOCOL.md',
    ];
    const values = files.flatMap((path) =>
      [...read(path).matchAll(/^\s*(?:- )?(?:JWT_SECRET|INGEST_API_KEYS)[=:] ?(\S+)/gm)].map(
        ([, value = '']) => value,
      ),
    );
    expect(values.filter((value) => weaknessOf(value) === undefined)).toEqual([]);
  });
});
