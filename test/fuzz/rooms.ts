import fc from 'fast-check';
import assert from 'node:assert/strict';
import { markKeyOf, parseRoom, patternsOf, routingKeyOf } from '../../shared/contract/routing.ts';
import { anyText } from './any-json.ts';
import type { FuzzProperty } from './property.ts';

const anyRoom = fc.oneof(
  fc.constantFrom('admin', 'calendar'),
  fc
    .tuple(
      fc.constantFrom('provider', 'secretary', 'customer'),
      fc.oneof(
        fc.integer({ min: 1, max: 12 }),
        fc.maxSafeNat().filter((id) => id > 0),
      ),
    )
    .map(([kind, id]) => `${kind}_${id}`),
);
const anyName = fc.oneof(
  anyRoom,
  anyText,
  fc.tuple(anyRoom, anyText).map((parts) => parts.join('')),
  fc.tuple(anyRoom, fc.constantFrom('.', '_', '*', '#', '\n', '0')).map(([room, end]) => room + end),
);

/** A room and its routing key stand for each other, and a binding brings what is for its room and for no other person. */
export const rooms: FuzzProperty = {
  name: 'a room and its routing key stand for each other',
  feeds: 'others',
  shortRuns: 250,
  create: (fed) =>
    fc.property(anyName, anyRoom, anyText, (name, otherName, instance) => {
      fed(1);
      const room = parseRoom(name);
      if (room === undefined) return;
      assert.equal(room, name);
      const key = routingKeyOf(room);
      assert.equal(key.replace('.', '_'), room);
      assert.doesNotMatch(key, /[*#]/);
      const other = parseRoom(otherName);
      assert.ok(other !== undefined);
      assert.equal(routingKeyOf(other) === key, other === room);
      const [own = '', ...wide] = patternsOf(room);
      assert.ok([own, ...wide].every((pattern) => matches(pattern, key)));
      assert.equal(matches(own, routingKeyOf(other)), other === room);
      const sameKind = other.split('_')[0] === room.split('_')[0];
      assert.ok(wide.every((pattern) => matches(pattern, routingKeyOf(other)) === sameKind));
      for (const apart of [markKeyOf(instance), routingKeyOf('everyone'), 'control'])
        assert.ok(![own, ...wide].some((pattern) => matches(pattern, apart)));
    }),
};

/** As a topic exchange compares them: `*` is one word. */
function matches(pattern: string, key: string): boolean {
  const words = key.split('.');
  const expected = pattern.split('.');
  return expected.length === words.length && expected.every((one, at) => one === '*' || one === words[at]);
}
