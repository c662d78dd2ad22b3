import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parseJson } from '../../services/ingest/accept/json.ts';
import { readInput } from '../../services/ingest/accept/read-input.ts';
import { inOneGo } from '../../services/ingest/accept/steps.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const refuse = (text: string) => parseJson(bytes(text), { inexact: 'refuse' });
const mend = (text: string) => parseJson(bytes(text), { inexact: 'mend' });
const pathsIn = (text: string) => {
  const result = refuse(text);
  return 'problems' in result ? result.problems.map(({ path }) => path) : [];
};

describe('a number', () => {
  it.each([
    ['60.0', 60],
    ['-0', -0],
    ['0.1', 0.1],
    ['0.10000000000000001', 0.1],
    ['0.00000012345678901', 1.2345678901e-7],
    ['1e2', 100],
    ['100000000000000000000', 1e20],
    ['7615917337495251000', 7615917337495251000],
    ['9007199254740992', 2 ** 53],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['4.9e-324', Number.MIN_VALUE],
    ['0.0000000000000000000000', 0],
    ['0e999', 0],
  ])('is taken as %s', (source, value) => {
    expect(refuse(`{"a":${source}}`)).toEqual({ value: { a: value } });
    expect(mend(`{"a":${source}}`)).toEqual({ value: { a: value } });
  });

  it.each([
    '7615917337495251231',
    '9007199254740993',
    '-9007199254740993',
    '72057594037927936',
    '0.12345678901234567890',
    '123456789.1234567891',
    '1e400',
    '-1e400',
    '1e-400',
    `0.${'1'.repeat(200)}`,
    '9'.repeat(400),
    `1${'0'.repeat(1_000_000)}1`,
  ])('is refused where a double would not hold it, and mended to its digits', (source) => {
    expect(refuse(`{"data":{"a":[1,${source}]}}`)).toEqual({
      code: 'invalid_event',
      problems: [{ path: '/data/a/1', message: expect.stringMatching(/send this one as a string$/) }],
    });
    expect(mend(`{"data":{"a":[1,${source}]}}`)).toEqual({ value: { data: { a: [1, source] } } });
  });

  it('is refused where it is longer than a double is written, whatever it is', () => {
    const one = (characters: number) => `[${'1.'.padEnd(characters, '0')}]`;
    expect(refuse(one(800))).toEqual({ value: [1] });
    expect(pathsIn(one(801))).toEqual(['/0']);
  });

  it('is no number inside a string or a key, whatever stands before it', () => {
    const text = '{"9007199254740993":"a\\"9007199254740993","b\\\\":["\\\\",9007199254740993,"1e400"]}';
    expect(pathsIn(text)).toEqual(['/b\\/1']);
    expect(mend(text)).toEqual({
      value: { '9007199254740993': 'a"9007199254740993', 'b\\': ['\\', '9007199254740993', '1e400'] },
    });
  });

  it('survives exactly where whole numbers keep every digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (number) => {
        const again = JSON.stringify(Number(number));
        const survives = /^-?\d+$/.test(again) ? BigInt(again) === number : false;
        expect('value' in refuse(`[${number}]`)).toBe(survives);
      }),
    );
  });

  it('survives whenever it is a double, in any language’s form', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const seventeen = number.toPrecision(17).replace(/^-?\d+$/, '$&.0');
        for (const source of [JSON.stringify(number), number.toExponential(), seventeen]) {
          expect(refuse(`[${source}]`)).toEqual({ value: [Number(source)] });
        }
      }),
    );
  });
});

describe('half of a surrogate pair', () => {
  it.each([
    ['"See you \\ud83d"', 'See you \ufffd'],
    ['"\\uDE00 you"', '\ufffd you'],
    ['"\\ud83d\\ud83d\\ude00"', '\ufffd😀'],
    ['"\\ud83d\\n\\ude00"', '\ufffd\n\ufffd'],
    ['"\\ud83d😀"', '\ufffd😀'],
  ])('%s is refused, and mended to U+FFFD', (text, mended) => {
    expect(pathsIn(`{"data":{"notes":${text}}}`)).toEqual(['/data/notes']);
    expect(mend(`{"data":{"notes":${text}}}`)).toEqual({ value: { data: { notes: mended } } });
  });

  it.each(['"\\ud83d\\ude00"', '"😀"', '"\\\\ud83d"', '"\\\\\\\\udfff"', '"\\u00e9\\ud7ff\\ue000"'])(
    'is none in %s',
    (text) => {
      expect(refuse(`[${text}]`)).toEqual({ value: [JSON.parse(text)] });
      expect(mend(`[${text}]`)).toEqual({ value: [JSON.parse(text)] });
    },
  );

  it('is refused in a key too, with a pointer that is text', () => {
    expect(pathsIn('{"data":{"a\\ud83d":1}}')).toEqual(['/data/a\ufffd']);
    expect(mend('{"data":{"a\\ud83d":1}}')).toEqual({ value: { data: { 'a\ufffd': 1 } } });
  });
});

describe('whatever is accepted or mended', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc
      .tuple(fc.bigInt(), fc.nat(30), fc.integer({ min: -400, max: 400 }))
      .map(([a, b, e]) => `${a}.${b}e${e}`),
    fc.bigInt().map(String),
  );
  const unit = fc.constantFrom(
    '\\ud83d',
    '\\uDE00',
    '\\\\',
    '\\"',
    '\\n',
    'é',
    '😀',
    'u',
    'd83d',
    '1',
    'e400',
  );
  const string = fc.array(unit, { maxLength: 6 }).map((units) => `"${units.join('')}"`);
  const { json } = fc.letrec<{ json: string }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      number,
      string,
      fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
      fc
        .array(fc.tuple(string, tie('json')), { maxLength: 3 })
        .map((entries) => `{${entries.map(([key, value]) => `${key}:${value}`).join()}}`),
    ),
  }));

  it('is the same after it was written and read again, and valid for a strict parser', () => {
    fc.assert(
      fc.property(json, (text) => {
        for (const result of [refuse(`[${text}]`), mend(`[${text}]`)]) {
          if ('problems' in result) continue;
          const written = JSON.stringify(result.value);
          const again: unknown = JSON.parse(written, (key, value: unknown) => {
            expect(key).not.toMatch(/\p{Cs}/u);
            if (typeof value === 'string') expect(value).not.toMatch(/\p{Cs}/u);
            return value;
          });
          expect(again).toEqual(withoutMinusZero(result.value));
        }
        expect(mend(`[${text}]`)).toHaveProperty('value');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an event of the cases', () => {
  const read = (name: string, entrance: 'events' | 'inbox' | 'broadcast') =>
    inOneGo(
      readInput(
        {
          entrance,
          wrapping: { kind: 'plain' },
          body: readFileSync(new URL(`../fixtures/cases/${name}.json`, import.meta.url)),
        },
        { now: '2026-11-23T09:00:00Z' },
      ),
    );

  it.each(['events', 'inbox'] as const)('is refused at %s with its place', (entrance) => {
    expect(read('event-numbers', entrance)).toMatchObject({ problems: [{ path: '/data/external_id' }] });
    expect(read('event-surrogate', entrance)).toMatchObject({ problems: [{ path: '/data/notes' }] });
  });

  it('is mended at /broadcast', () => {
    expect(read('event-numbers', 'broadcast')).toMatchObject({
      events: [{ data: { external_id: '7615917337495251231', price: 60 } }],
    });
    expect(read('event-surrogate', 'broadcast')).toMatchObject({
      events: [{ data: { notes: 'See you \ufffd' } }],
    });
  });
});

/** JSON has no -0: it reads as 0 again, the same number. */
function withoutMinusZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutMinusZero(one)]));
}
