import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { whereNotJson } from '../../services/ingest/accept/json-position.ts';

describe('where a text stops being JSON', () => {
  it('is behind the whole value where something follows it, whatever the value', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\t\r'), (json, blanks) => {
        expect(whereNotJson(`${blanks}${json}${blanks}?`)).toBe(
          `not JSON at line 1, column ${json.length + 2 * blanks.length + 1}: expected the end`,
        );
      }),
    );
  });

  it.each([
    '0',
    '-0',
    '10',
    '907',
    '0.5',
    '1.25',
    '1e5',
    '12e34',
    '1E+5',
    '-1.5e-10',
    'true',
    'false',
    'null',
  ])('is behind the scalar %s in a list', (scalar) => {
    expect(whereNotJson(`[${scalar}?]`)).toBe(
      `not JSON at line 1, column ${scalar.length + 2}: expected a comma or a closing bracket`,
    );
  });

  it.each([
    '.5',
    '+1',
    '-',
    '-a',
    '01',
    '1.',
    '1.e5',
    '1e',
    '1e+',
    'tru',
    'nulla',
    'True',
    '0x10',
    '1_000',
    'NaN',
  ])('is before %s, which is no scalar', (text) => {
    expect(whereNotJson(`[${text}]`)).toBe('not JSON at line 1, column 2: expected a value or ]');
  });

  it.each([
    ['"a', 'line 1, column 3'],
    ['"\\u00aF\\"\\\\\\/\\b\\f\\n\\r\\t \u007f\uffff', 'line 1, column 27'],
  ])('is the end of a string that does not end: %j', (text, place) => {
    expect(whereNotJson(text)).toBe(`the body ends at ${place}, where JSON needs the rest of a string`);
  });

  it.each(['\\x', '\\U0041', '\\u12', '\\u00g0', '\\u 041', "\\'", '\t', '\n', '\u0000', '\u001f'])(
    'is before %j, which stands in no string',
    (text) => {
      expect(whereNotJson(`["ab${text}"]`)).toBe(
        'not JSON at line 1, column 5: expected the rest of a string',
      );
    },
  );

  it.each([
    [']', 1, 'a value'],
    [':', 1, 'a value'],
    ['[,1]', 2, 'a value or ]'],
    ['[1,]', 4, 'a value'],
    ['[1,"a":2]', 7, 'a comma or a closing bracket'],
    ['[[1}]', 4, 'a comma or a closing bracket'],
    ['[[],1 2]', 7, 'a comma or a closing bracket'],
    ['[{]', 3, 'a key or }'],
    ['{,}', 2, 'a key or }'],
    ['{1:2}', 2, 'a key or }'],
    ['{"a","b"}', 5, 'a colon'],
    ['{"a":}', 6, 'a value'],
    ['{"a":1:2}', 7, 'a comma or a closing bracket'],
    ['{"a":"b":1}', 9, 'a comma or a closing bracket'],
    ['{"a":1]', 7, 'a comma or a closing bracket'],
    ['{"a":[}', 7, 'a value or ]'],
    ['{"a":[],2}', 9, 'a key'],
    ['{"a":1,"b" 2}', 12, 'a colon'],
    ['[],[]', 3, 'the end'],
  ])('in %s is told with what was expected there', (text, column, expected) => {
    expect(whereNotJson(text)).toBe(`not JSON at line 1, column ${column}: expected ${expected}`);
  });

  it.each([
    ['[', 'a value or ]'],
    ['[1', 'a comma or a closing bracket'],
    ['[1,', 'a value'],
    ['{', 'a key or }'],
    ['{"a"', 'a colon'],
    ['{"a":', 'a value'],
    ['{"a":{}', 'a comma or a closing bracket'],
    ['{"a":1,', 'a key'],
  ])('is its end where it is cut off: %s', (text, expected) => {
    expect(whereNotJson(text)).toBe(
      `the body ends at line 1, column ${text.length + 1}, where JSON needs ${expected}`,
    );
  });

  it('is counted in lines', () => {
    expect(whereNotJson('[\n  1,\n\n?')).toBe('not JSON at line 4, column 1: expected a value');
    expect(whereNotJson('{"a":\n {"b":\n  "c" 1}}')).toBe(
      'not JSON at line 3, column 7: expected a comma or a closing bracket',
    );
  });

  it('is looked for among fifty thousand tokens, and told roughly behind them', () => {
    const text = `[${'1,'.repeat(24_999)}`;
    expect(whereNotJson(`${text}?`)).toBe('not JSON at line 1, column 50000: expected a value');
    expect(whereNotJson(`${text}1?`)).toBe('not JSON, somewhere behind line 1, column 50001');
  });
});
