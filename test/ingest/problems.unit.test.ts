import { describe, expect, it } from '@jest/globals';
import { pointerOf, refusal, renamed } from '../../services/ingest/accept/problems.ts';

describe('a refusal', () => {
  const problems = (length: number) =>
    Array.from({ length }, (_, at) => ({ path: `/${at}`, message: 'expected a name' }));

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
