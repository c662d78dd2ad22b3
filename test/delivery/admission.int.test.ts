import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestClient } from '../support/client.ts';
import { RawWebSocket } from '../support/raw-frames.ts';
import { tokenFor } from '../support/tokens.ts';
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

describe('an instance for one session more takes a good token', () => {
  /** They never answer a close frame. */
  const openMany = (path: string, of: World) =>
    Promise.all(Array.from({ length: 6 }, () => RawWebSocket.open(Number(of.host().split(':')[1]), path)));

  it.each([
    ['connections without a token', '/ws'],
    ['sessions of one user that are replaced', `/ws?token=${tokenFor('customer', 6)}`],
    ['bad tokens', '/ws?token=none'],
  ])('beside %s, whose ends nobody answers', async (_who, path) => {
    const env = { MAX_SESSIONS: '2', MAX_SESSIONS_PER_USER: '1', REWIND_SECONDS: '0' };
    await using own = await World.start({ env });
    const crowd = await openMany(path, own);
    await using client = await own.join('provider', 4);
    expect(await client.quiet()).toEqual([]);
    await Promise.all(crowd.map((one) => one[Symbol.asyncDispose]()));
  });
});

it('a user who connects too often is told how long to wait, and nobody else', async () => {
  await using own = await World.start({ env: { MAX_CONNECTS_PER_MINUTE: '12', REWIND_SECONDS: '0' } });
  await using first = await own.join('customer', 6);
  await using second = await own.join('customer', 6);
  await using third = await own.connect('customer', 6);
  expect(await third.next()).toMatchObject({ type: 'error', code: 'RATE_LIMITED' });
  expect(await third.closed).toMatchObject({ code: 4008, reason: expect.stringMatching(/ \d+$/) });
  await using other = await own.join('customer', 7);
  for (const client of [first, second, other]) expect(await client.quiet()).toEqual([]);
});
