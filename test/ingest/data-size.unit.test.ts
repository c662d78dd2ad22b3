import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitted, mayExceed } from '../../services/ingest/accept/data-size.ts';

const MAX = 8 * 1024;
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const row = { id: 12, id_users_provider: 4, id_users_customer: '6', start: '2026-12-03T10:00:00+01:00' };

describe('data that is too large', () => {
  it('loses the end of its notes, between two characters, and nothing else', () => {
    for (const character of ['x', 'é', '€', '😀', '\n', '"', '\u0001']) {
      const data = fitted({ ...row, location: 'y'.repeat(3_000), notes: character.repeat(9_000) }, MAX);
      expect(data).toMatchObject({ ...row, location: 'y'.repeat(3_000), notes_truncated: true });
      const { notes } = data as { notes: string };
      expect(notes).toBe(character.repeat(notes.length / character.length));
      expect(bytesOf(data)).toBeGreaterThan(MAX - bytesOf(character));
      expect(bytesOf(data)).toBeLessThanOrEqual(MAX);
    }
  });

  it('loses the end of its longest other texts where its notes are not enough', () => {
    const data = fitted(
      { ...row, notes: 'x'.repeat(5_000), a: 'y'.repeat(6_000), b: 'z'.repeat(20_000) },
      MAX,
    );
    expect(data).toMatchObject({
      ...row,
      notes: '',
      notes_truncated: true,
      b_truncated: true,
      a: 'y'.repeat(6_000),
    });
    expect(bytesOf(data)).toBe(MAX);
  });

  it('is thin where it is large in another way', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, at]));
    expect(fitted({ ...row, notes: 'short', ...many }, MAX)).toEqual({ ...row, truncated: true });
    const nested = { customer: { notes: 'x'.repeat(20_000) }, secretary_ids: Array(5_000).fill(1) };
    expect(fitted({ ...row, ...nested }, MAX)).toEqual({ ...row, truncated: true });
  });

  it('is marked and nothing more where even its thin form is too large', () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`previous_${at}`, at]));
    expect(fitted({ ...row, ...many }, MAX)).toEqual({ truncated: true });
  });

  it('stays as it is up to the bound', () => {
    const data = { ...row, notes: 'x'.repeat(MAX - bytesOf({ ...row, notes: '' })) };
    expect(fitted(data, MAX)).toBe(data);
  });

  it('fits afterwards, whatever it is, and keeps whom it concerns', () => {
    const text = fc.tuple(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 900 }));
    const value = fc.oneof(
      text.map(([part, times]) => part.repeat(times)),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value, { noNullPrototype: true }), (given) => {
        const data = fitted({ ...given, ...row }, MAX);
        expect(bytesOf(data)).toBeLessThanOrEqual(MAX);
        expect(data).toMatchObject(row);
        JSON.stringify(data, (_key, one: unknown) => {
          if (typeof one === 'string') expect(one).not.toMatch(/\p{Cs}/u);
          return one;
        });
      }),
    );
  });
});

describe('a body that is small enough', () => {
  it('needs no measuring, because no JSON grows sixfold when it is written again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.constantFrom('1e20', '[1e20,1E20]', '{"a":-1e20}')), (text) => {
        if (!mayExceed(Buffer.byteLength(text), MAX))
          expect(bytesOf(JSON.parse(text))).toBeLessThanOrEqual(MAX);
        expect(bytesOf(JSON.parse(text))).toBeLessThanOrEqual(6 * Buffer.byteLength(text));
      }),
    );
  });
});
