import { describe, expect, it } from '@jest/globals';
import { firstOf, parseEnv } from '../../tools/environment.ts';

describe('a .env file', () => {
  it.each([
    ['NAME=value', 'value'],
    ['  export NAME = value ', 'value'],
    ['NAME="two words" # why', 'two words'],
    ["NAME='a # b'", 'a # b'],
    ['NAME=a#b # why', 'a#b'],
    ['NAME=a=b', 'a=b'],
    ['NAME=', ''],
    ['NAME=   # nothing', ''],
    ['# NAME=old\nNAME=new\r\n', 'new'],
  ])('reads %j', (text, value) => {
    expect(parseEnv(text)).toEqual({ NAME: value });
  });

  it('leaves out what is no assignment', () => {
    expect(parseEnv('# a comment\n\nnonsense\n1NAME=x')).toEqual({});
  });
});

describe('the current one of several secrets', () => {
  it('is the first', () => {
    expect(firstOf({ KEYS: ' new , old' }, 'KEYS')).toBe('new');
  });

  it('is asked for by name when it is missing', () => {
    expect(() => firstOf({ KEYS: ' ,old' }, 'KEYS')).toThrow('KEYS is not set');
  });
});
