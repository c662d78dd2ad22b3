import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitted, mayExceed, sizeProblem } from '../../services/ingest/accept/data-size.ts';

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

  it('loses its notes first, then one text after the other, the longest first', () => {
    const texts = {
      b: 'y'.repeat(2_000),
      c: 'z'.repeat(3_000),
      notes: 'x'.repeat(1_500),
      a: 'w'.repeat(1_200),
    };
    const lost = (maxBytes: number) =>
      Object.keys(fitted({ ...row, ...texts }, maxBytes)).filter((name) => name.endsWith('_truncated'));
    expect([7_500, 6_000, 3_000, 1_200].map(lost)).toEqual([
      ['notes_truncated'],
      ['notes_truncated', 'c_truncated'],
      ['notes_truncated', 'c_truncated', 'b_truncated'],
      ['notes_truncated', 'c_truncated', 'b_truncated', 'a_truncated'],
    ]);
  });

  it('keeps whole every text under 1 KiB: it is a name, a time or an id', () => {
    const short = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`k${at}`, 'x'.repeat(1_021)]));
    expect(fitted({ ...row, ...short }, MAX)).toEqual({ ...row, truncated: true });
    const long = { ...short, k0: 'x'.repeat(1_022), k1: 'x'.repeat(3_000) };
    const { k1, ...others } = fitted({ ...row, ...long }, bytesOf({ ...row, ...long }) - 500);
    expect(k1).not.toBe(long.k1);
    expect(others).toMatchObject({ ...row, k0: long.k0, k1_truncated: true });
    const cut = fitted({ ...row, ...short, k0: 'x'.repeat(1_022) }, bytesOf({ ...row, ...short }) - 100);
    expect(cut).toMatchObject({ ...row, k0_truncated: true });
  });

  it('is thin where it is large in another way', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, at]));
    expect(fitted({ ...row, notes: 'short', ...many }, MAX)).toEqual({ ...row, truncated: true });
    const nested = { customer: { notes: 'x'.repeat(20_000) }, secretary_ids: Array(5_000).fill(1) };
    expect(fitted({ ...row, ...nested }, MAX)).toEqual({ ...row, truncated: true });
  });

  it('is thin also where that just fits', () => {
    const thin = { ...row, truncated: true };
    expect(fitted({ ...row, nested: ['x'.repeat(MAX)] }, bytesOf(thin))).toEqual(thin);
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

describe('data of a sender who can send it smaller', () => {
  it('is refused in words that say the bound, what was found and what to do', () => {
    const data = { notes: 'é' };
    expect(sizeProblem(data, 14)).toEqual([]);
    expect(sizeProblem(data, 13)).toEqual([
      {
        path: '/data',
        message:
          'expected at most 13 bytes as JSON (MAX_EVENT_BYTES), found 14: send ids, and let clients ask for the rest',
      },
    ]);
  });

  it.each([
    [5, 30, false],
    [6, 30, true],
  ])('in a body of %d bytes with a bound of %d: to be measured %p', (bodyBytes, maxBytes, is) => {
    expect(mayExceed(bodyBytes, maxBytes)).toBe(is);
  });
});
