import { describe, expect, it } from '@jest/globals';
import { MAX_DEPTH, MAX_COMMAS_AND_BRACKETS, parseJson } from '../../services/ingest/accept/json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseJson(bytes(text), { inexact: 'refuse' });
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('a body', () => {
  it.each([
    ['an object', '{"a":[1,"é",null,true]}', { a: [1, 'é', null, true] }],
    ['a byte order mark before it', '\uFEFF{}', {}],
    ['a key that only sounds dangerous', '{"constructor":"Bob"}', { constructor: 'Bob' }],
    ['nothing under such a key', '{"constructor":null}', { constructor: null }],
    ['such a key without a prototype', '{"constructor":{"name":1}}', { constructor: { name: 1 } }],
    ['the prototype of another key', '{"constructor":"Bob","a":{"prototype":1}}', expect.anything()],
    [
      'a text that begins as our mark of a number',
      '{"constructor":"\\u0000number 1"}',
      { constructor: '\u0000number 1' },
    ],
    ['the deepest nesting that is taken', `{"a":${nested(MAX_DEPTH - 1)}}`, expect.anything()],
  ])('is taken: %s', (_name, text, value) => {
    expect(parse(text)).toEqual({ value });
  });

  it.each([
    ['nothing', '', 'the body is empty: send JSON'],
    ['blanks', ' \n\t', 'the body is empty: send JSON'],
    ['a word', 'nope', 'not JSON at line 1, column 1: expected a value'],
    ['a comma too many', '{"a":1,}', 'not JSON at line 1, column 8: expected a key'],
    ['a comma too many in a list', '[1,]', 'not JSON at line 1, column 4: expected a value'],
    ['a comma missing', '[1 2]', 'not JSON at line 1, column 4: expected a comma or a closing bracket'],
    ['a colon missing', '{"a" 1}', 'not JSON at line 1, column 6: expected a colon'],
    ['a key without quotes', '{a:1}', 'not JSON at line 1, column 2: expected a key or }'],
    ['the wrong bracket', '[1}', 'not JSON at line 1, column 3: expected a comma or a closing bracket'],
    ['a second value', '{} {}', 'not JSON at line 1, column 4: expected the end'],
    ['a leading zero', '[01]', 'not JSON at line 1, column 2: expected a value or ]'],
    ['a bad escape', '"\\x"', 'not JSON at line 1, column 2: expected the rest of a string'],
    [
      'a line break in a string',
      '{\n  "a": "b\nc"}',
      'not JSON at line 2, column 10: expected the rest of a string',
    ],
    ['half an object', '{"a":', 'the body ends at line 1, column 6, where JSON needs a value'],
    ['half a string', '{"a":"b', 'the body ends at line 1, column 8, where JSON needs the rest of a string'],
  ])('is malformed, with the place in words: %s', (_name, text, message) => {
    expect(parse(text)).toEqual({ code: 'malformed_json', problems: [{ path: '', message }] });
  });

  it('is malformed when it is not UTF-8', () => {
    const problems = [{ path: '', message: 'not UTF-8: send JSON encoded as UTF-8' }];
    expect(parseJson(Uint8Array.of(0x22, 0xff, 0x22), { inexact: 'mend' })).toEqual({
      code: 'malformed_json',
      problems,
    });
  });

  it.each([33, 10_000, MAX_COMMAS_AND_BRACKETS, 500_000])(
    '%s levels deep is refused and not crashed on',
    (depth) => {
      const refusal = parse(nested(depth));
      expect(refusal).toMatchObject({
        code: 'invalid_event',
        problems: [{ message: 'nested deeper than 32 levels' }],
      });
    },
  );

  it('is refused for what is deep in it, also before what is not', () => {
    expect(parse(`[${nested(MAX_DEPTH)},[]]`)).toMatchObject({
      code: 'invalid_event',
      problems: [{ path: '/0'.repeat(MAX_DEPTH), message: 'nested deeper than 32 levels' }],
    });
  });

  it('that is cut off half a million levels deep is malformed and not crashed on', () => {
    expect(parse('['.repeat(500_000))).toMatchObject({ code: 'malformed_json' });
  });

  it.each([
    ['commas', (count: number) => `[${'1,'.repeat(count - 1)}1]`],
    ['brackets', (count: number) => `[${'[],'.repeat(count / 2 - 1)}[1]]`],
    ['members', (count: number) => `{${Array.from({ length: count }, (_, n) => `"${n}":1`).join()}}`],
  ])('is parsed with so much in it and no more: %s', (_name, bodyOf) => {
    expect(parse(bodyOf(MAX_COMMAS_AND_BRACKETS))).toEqual({ value: expect.anything() });
    expect(parse(bodyOf(MAX_COMMAS_AND_BRACKETS + 2))).toEqual({
      code: 'invalid_event',
      problems: [
        {
          path: '',
          message:
            'expected at most 50000 commas and opening brackets outside of texts, found 50002: send fewer events in one request',
        },
      ],
    });
  });

  it('that is larger may hold one for each 20 bytes', () => {
    const list = (commas: number) => {
      const text = `[${'1,'.repeat(commas - 1)}1]`;
      return text + ' '.repeat(2_000_000 - text.length);
    };
    expect(parse(list(100_000))).toEqual({ value: expect.anything() });
    expect(parse(list(100_001))).toMatchObject({
      problems: [{ message: expect.stringContaining('at most 100000 commas') }],
    });
  });

  it('is told which is too much of it, its depth or its commas', () => {
    const deep = (depth: number) =>
      `${'['.repeat(depth)}${'1,'.repeat(MAX_COMMAS_AND_BRACKETS)}1${']'.repeat(depth)}`;
    const problem = (message: RegExp) => ({
      problems: [{ path: '', message: expect.stringMatching(message) }],
    });
    expect(parse(deep(MAX_DEPTH))).toMatchObject(problem(/^expected at most 50000 commas/));
    expect(parse(deep(MAX_DEPTH + 1))).toMatchObject(problem(/^nested deeper than 32 levels$/));
  });

  it('holds brackets, commas and quotes in its texts that count for nothing', () => {
    for (const text of ['[{,"\\', '[{,']) {
      const value = { '",[': text.repeat(MAX_COMMAS_AND_BRACKETS) };
      expect(parse(JSON.stringify(value))).toEqual({ value });
    }
  });

  it('that stops being JSON far behind its beginning is told roughly where', () => {
    expect(parse(`[\n${'[],'.repeat(20_000)}}`)).toEqual({
      code: 'malformed_json',
      problems: [
        { path: '', message: expect.stringMatching(/^not JSON, somewhere behind line 2, column \d{5}$/) },
      ],
    });
  });

  it.each(['__proto__', '__proto\\u005f_', '\\u005F_proto__', '__pr\\u006fto__', '__\\u0070roto__'])(
    'is refused for a key that reaches a prototype, also escaped: %s',
    (key) => {
      expect(parse(`{"a":{"${key}":1}}`)).toMatchObject({ problems: [{ path: '/a/__proto__' }] });
    },
  );

  it('is refused where JSON cannot carry it on, or mended for a sender who cannot send it again', () => {
    const text = '{"a":[9007199254740993,"\\ud83d"],"b\\ude00":1,"\\ud83d":1,"c":0.10000000000000001}';
    expect(parse(text)).toEqual({
      code: 'invalid_event',
      problems: [
        { path: '/a/0', message: expect.stringMatching(/^expected a number .*send this one as a string$/) },
        { path: '/a/1', message: expect.stringMatching(/^expected Unicode text/) },
        { path: '/b\ufffd', message: expect.stringMatching(/^expected Unicode text/) },
        { path: '/\ufffd', message: expect.stringMatching(/^expected Unicode text/) },
      ],
    });
    expect(parseJson(bytes(text), { inexact: 'mend' })).toEqual({
      value: { a: ['9007199254740993', '\ufffd'], 'b\ufffd': 1, '\ufffd': 1, c: 0.1 },
    });
  });

  it('names every key that reaches a prototype', () => {
    const text = '[{"__proto__":{"a":1}},{"data":{"x/y":{"constructor":{"prototype":{}}}}}]';
    expect(parse(text)).toMatchObject({
      code: 'invalid_event',
      problems: [
        { path: '/0/__proto__', message: 'the key __proto__ is not taken' },
        { path: '/1/data/x~1y/constructor', message: 'the key constructor is not taken' },
      ],
    });
  });

  it('that is hostile does not make the answer grow without bound', () => {
    const refusal = parse(`[${Array.from({ length: 20_000 }, () => '{"__proto__":0}').join()}]`);
    expect('problems' in refusal && refusal.problems.length).toBe(1_001);
    expect('problems' in refusal && refusal.problems.at(-1)).toEqual({
      path: '',
      message: 'and more: at most 1000 problems are listed',
    });
  });
});
