import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appointment } from '../support/events.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  // Nothing of an earlier test is sent again, and no session is looked at because it was time for a ping.
  world = await World.start({ env: { REWIND_SECONDS: '0', PING_INTERVAL_MS: '600000' } });
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 1_000;
/** Long enough for a refresh before it is over. */
const SHORT_SECONDS = Math.ceil(scaledMs(3_000) / 1_000);
/** Somebody who was not here before: whoever returns is given what they missed. */
const somebody = () => (lastId += 1);

describe('auth on a live session', () => {
  it('says until when the new token lasts, and the old end no longer counts', async () => {
    await using client = await world.join('customer', 6, { ttlSeconds: SHORT_SECONDS });
    const exp = Math.floor(Date.now() / 1000) + 600;
    client.send({ action: 'auth', token: tokenFor('customer', 6, { claims: { exp } }) });
    expect(await client.next()).toEqual({
      type: 'refreshed',
      expires_at: new Date(exp * 1000).toISOString(),
    });
    await using measure = await world.join('customer', 7, { ttlSeconds: SHORT_SECONDS });
    await measure.closed;
    expect(await client.quiet()).toEqual([]);
  });

  it('with a token that ends sooner ends sooner', async () => {
    const customer = somebody();
    await using client = await world.join('customer', customer, { ttlSeconds: 3_600 });
    client.send({ action: 'auth', token: tokenFor('customer', customer, { ttlSeconds: SHORT_SECONDS }) });
    expect(await client.next()).toMatchObject({ type: 'refreshed' });
    expect((await client.closed).code).toBe(4001);
  });

  it('with another role leaves and joins rooms, and events follow', async () => {
    await using client = await world.join('admin', 4);
    client.send({ action: 'auth', token: tokenFor('provider', 4) });
    expect(await client.take(3)).toMatchObject([
      { type: 'unsubscribed', room: 'admin' },
      { type: 'subscribed', room: 'provider_4' },
      { type: 'refreshed' },
    ]);
    await world.publish(appointment({ data: { provider_id: 5 } }));
    const { id } = await world.publish(appointment({ data: { provider_id: 4 } }));
    const events = await client.events(3);
    expect(events.filter(({ event }) => event !== 'calendar.sync')).toMatchObject([{ id }]);
  });

  it('joins the rooms that it names', async () => {
    const admin = somebody();
    await using client = await world.join('admin', admin);
    client.send({ action: 'auth', token: tokenFor('admin', admin), rooms: ['provider_4', 'provider_0'] });
    expect(await client.take(3)).toMatchObject([
      { type: 'error', code: 'INVALID_ROOM' },
      { type: 'subscribed', room: 'provider_4' },
      { type: 'refreshed' },
    ]);
  });

  it('does not rejoin a room that the user left', async () => {
    const provider = somebody();
    await using client = await world.join('provider', provider);
    client.send({ action: 'unsubscribe', room: 'calendar' });
    client.send({ action: 'auth', token: tokenFor('provider', provider) });
    client.send({ action: 'list_rooms' });
    expect(await client.take(3)).toMatchObject([
      { type: 'unsubscribed', room: 'calendar' },
      { type: 'refreshed' },
      { type: 'rooms_list', rooms: [`provider_${provider}`] },
    ]);
  });

  it.each([
    ['a bad token', () => 'nonsense', 'AUTH_FAILED'],
    ['an expired token', (id: number) => tokenFor('provider', id, { ttlSeconds: -1 }), 'TOKEN_EXPIRED'],
    ['a token of another user', () => tokenFor('provider', 5), 'AUTH_FAILED'],
  ])('with %s is refused and changes nothing', async (_what, token, code) => {
    const provider = somebody();
    await using client = await world.join('provider', provider);
    client.send({ action: 'auth', token: token(provider) });
    client.send({ action: 'list_rooms' });
    const [refusal, list] = await client.take(2);
    expect(refusal).toMatchObject({ type: 'error', code });
    expect(new Set(list?.['rooms'] as string[])).toEqual(new Set([`provider_${provider}`, 'calendar']));
  });
});
