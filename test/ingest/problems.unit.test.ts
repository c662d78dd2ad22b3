import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  invalidEvent,
  pointerOf,
  problemsOf,
  refusal,
  renamed,
  under,
} from '../../services/ingest/accept/problems.ts';

describe('a refusal', () => {
  const problems = (length: number) =>
    Array.from({ length }, (_, at) => ({ path: `/${at}`, message: 'expected a name' }));

  it('of an event has the code of one that is invalid', () => {
    expect(invalidEvent(problems(2))).toEqual({ code: 'invalid_event', problems: problems(2) });
  });

  it('lists a thousand problems, and of more says that there are more', () => {
    expect(refusal('invalid_event', problems(1_000))).toEqual({
      code: 'invalid_event',
      problems: problems(1_000),
    });
    expect(refusal('id_reused', problems(1_500))).toEqual({
      code: 'id_reused',
      problems: [...problems(1_000), { path: '', message: 'and more: at most 1000 problems are listed' }],
    });
  });
});

describe('a JSON pointer', () => {
  it('escapes what has a meaning in it, each time', () => {
    expect(pointerOf(['data', 'a/b/c', '~/~1', 0])).toBe('/data/a~1b~1c/~0~1~01/0');
    expect(pointerOf([])).toBe('');
  });
});

describe('a problem of a form with other names', () => {
  it.each([
    ['/event', '/type'],
    ['/event/0/event', '/type/0/event'],
    ['/events', '/events'],
    ['/data/event', '/data/event'],
    ['', ''],
  ])('stands where the sender wrote it: %j at %j', (path, expected) => {
    expect(renamed([{ path, message: 'why' }], { '/event': '/type' })).toEqual([
      { path: expected, message: 'why' },
    ]);
  });
});

describe('what a schema finds', () => {
  it('stands at its place in the input, and under the place of that in an array', () => {
    const schema = z.object({ 'a/b': z.array(z.number('expected a number')) }, 'expected an object');
    const found = (input: unknown) => problemsOf(schema.safeParse(input).error ?? new z.ZodError([]));
    expect(found({ 'a/b': [1, 'x'] })).toEqual([{ path: '/a~1b/1', message: 'expected a number' }]);
    expect(under('/7', found({ 'a/b': ['x'] }))).toEqual([
      { path: '/7/a~1b/0', message: 'expected a number' },
    ]);
    expect(under('/7', found(3))).toEqual([{ path: '/7', message: 'expected an object' }]);
  });
});
