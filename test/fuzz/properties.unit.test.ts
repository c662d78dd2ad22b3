import { expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { properties } from './properties.ts';
import { tryProperty } from './property.ts';

/** `npm run fuzz -- --minutes N` tries the same for longer. A failure prints the seed that finds it again. */
it.each(properties)('$name', async (property) => {
  const { failure } = await tryProperty(property, randomInt(2 ** 31), property.shortRuns);
  expect(failure).toBeUndefined();
});
