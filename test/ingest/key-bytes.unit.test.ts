import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { KeyBytes } from '../../services/ingest/http/key-bytes.ts';

const long = 'k'.repeat(255);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', '\0', '\0\0', long, `${long}k`, long.slice(1), `${long}\0`),
);

describe('the bytes of a key', () => {
  it('equal those of the same text, of any length, and of no other', () => {
    const bytes = (key: string) => new KeyBytes(key);
    fc.assert(
      fc.property(text, text, (one, other) => {
        const isSame = Buffer.from(one).equals(Buffer.from(other));
        expect(bytes(one).equals(bytes(one))).toBe(true);
        expect(bytes(one).equals(bytes(other))).toBe(isSame);
      }),
    );
  });

  it('are not shown by what prints an object', () => {
    const key = new KeyBytes('the-key-of-the-backend');
    const plain = inspect(key, { showHidden: true, depth: null }) + JSON.stringify({ key });
    expect(plain).not.toMatch(/backend|the-key|74 68 65/);
  });
});
