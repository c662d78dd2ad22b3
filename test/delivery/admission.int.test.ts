import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestClient } from '../support/client.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  const env = { MAX_SESSIONS_PER_USER: '2', MAX_STRANGERS: '3', REWIND_SECONDS: '0' };
  world = await World.start({ env });
});
afterAll(() => world[Symbol.asyncDispose]());

it('a user who opens more sessions than they may loses the oldest, and nobody else loses one', async () => {
  await using other = await world.join('customer', 4);
  const first = await world.join('provider', 4);
  await using second = await world.join('provider', 4);
  await using third = await world.join('provider', 4);
  expect(await first.closed).toMatchObject({ code: 4009 });
  for (const client of [other, second, third]) expect(await client.quiet()).toEqual([]);
});

it('connections that bring no token are in nobody’s way', async () => {
  const strangers = [];
  for (let count = 0; count < 5; count += 1) strangers.push(await TestClient.open(`ws://${world.host()}/ws`));
  await using client = await world.join('customer', 5);
  expect(await client.quiet()).toEqual([]);
  const [first, second] = await Promise.all(strangers.slice(0, 2).map(({ closed }) => closed));
  expect([first, second]).toMatchObject([{ code: 1013 }, { code: 1013 }]);
  await Promise.all(strangers.slice(2).map((stranger) => stranger.close()));
});
