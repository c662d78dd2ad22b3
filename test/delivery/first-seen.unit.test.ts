import { expect, it } from '@jest/globals';
import { FirstSeen } from '../../services/delivery/stream/first-seen.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

it('an event is known by its identity for a day, at the position where it was first seen', () => {
  const seen = new FirstSeen();
  seen.set('a\n1', 7, 0);
  expect([seen.get('a\n1', DAY_MS - 1), seen.get('a\n1', DAY_MS), seen.get('a\n2', 0)]).toEqual([
    7,
    undefined,
    undefined,
  ]);
});

it('an event whose publisher wrote a header as long as a frame of AMQP into its identity is known as well', () => {
  const seen = new FirstSeen();
  const contents = '€'.repeat(131_072 / 3);
  seen.set(`a\n${contents}`, 0, 0);
  expect([seen.get(`a\n${contents}`, 0), seen.get('a', 0)]).toEqual([0, undefined]);
});
