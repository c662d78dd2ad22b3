import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

class OwnError extends Error {}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('an error in a suite', () => {
  it.each([
    ['of a package', thrownBy(() => z.string().parse(1))],
    ['of Node', thrownBy(() => readFileSync('nowhere'))],
    ['of the suite', new OwnError('own')],
  ])('%s is an Error, as in production', (_, error) => {
    expect(error instanceof Error).toBe(true);
  });

  it('is of the class that made it and no other', () => {
    expect(new OwnError('own') instanceof OwnError).toBe(true);
    expect(thrownBy(() => z.string().parse(1)) instanceof z.ZodError).toBe(true);
    expect(new Error('any') instanceof OwnError).toBe(false);
    expect(thrownBy(() => z.string().parse(1)) instanceof TypeError).toBe(false);
    expect({ message: 'no error' } instanceof Error).toBe(false);
  });
});
