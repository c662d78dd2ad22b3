import { describe, expect, it } from '@jest/globals';
import { Id, ID_EXPECTED, parseId } from '../../shared/contract/ids.ts';

describe('an id of the backend', () => {
  it.each([
    [1, 1],
    [4, 4],
    ['4', 4],
    ['1234567', 1_234_567],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%j is %d', (value, id) => {
    expect(parseId(value)).toBe(id);
    expect(Id.parse(value)).toBe(id);
  });

  it.each([
    0,
    -0,
    -1,
    4.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    '',
    ' ',
    '0',
    '-1',
    '+4',
    '04',
    '4abc',
    '4.0',
    '1e3',
    '0x4',
    ' 4',
    '4 ',
    '9007199254740992',
    '10000000000000000',
    '99999999999999999999999',
    true,
    null,
    undefined,
    [],
    [4],
    {},
  ])('%j is none', (value) => {
    expect(parseId(value)).toBeUndefined();
    const parsed = Id.safeParse(value);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map(({ message }) => message)).toEqual([ID_EXPECTED]);
  });
});
