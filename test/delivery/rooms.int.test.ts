import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { appointment } from '../support/events.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  // Nothing of an earlier test is sent again.
  world = await World.start({ env: { REWIND_SECONDS: '0' } });
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 1_000;
/** Somebody who was not here before: whoever returns is given what they missed. */
const somebody = () => (lastId += 1);

/** `subscribed admin`, `connected`: kind and room of the frames that the original server sent. */
function originalOrder(role: string): (readonly [unknown, unknown])[] {
  const path = new URL(
    `../fixtures/original-websocket/server/handshake-order.${role}.jsonl`,
    import.meta.url,
  );
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => gist(JSON.parse(line) as Record<string, unknown>));
}

const gist = ({ type, room }: Readonly<Record<string, unknown>>) => [type, room] as const;

describe('rooms joined at once', () => {
  it.each([
    ['admin', 1, 'admin'],
    ['provider', 4, 'provider-4'],
    ['secretary', 5, 'secretary-5'],
    ['customer', 6, 'customer-6'],
  ] as const)(
    'a %s is told of them in the order of the original server, then connected',
    async (role, id, fixture) => {
      const expected = originalOrder(fixture);
      await using client = await world.connect(role, id);
      expect((await client.take(expected.length)).map(gist)).toEqual(expected);
      expect(await client.quiet()).toEqual([]);
    },
  );
});

describe('subscribe', () => {
  it.each([
    ['admin', 1, ['admin', 'calendar', 'provider_4', 'secretary_5', 'customer_6'], []],
    ['provider', 4, ['provider_4', 'calendar'], ['admin', 'provider_5', 'secretary_4', 'customer_4']],
    ['secretary', 5, ['secretary_5', 'calendar'], ['admin', 'secretary_4', 'provider_5', 'customer_5']],
    ['customer', 6, ['customer_6'], ['admin', 'calendar', 'customer_5', 'provider_6']],
  ] as const)('a %s may be in the rooms of the role and in no other', async (role, id, allowed, denied) => {
    await using client = await world.join(role, id);
    for (const room of allowed) {
      client.send({ action: 'subscribe', room });
      expect(await client.next()).toEqual({ type: 'subscribed', room });
    }
    for (const room of denied) {
      client.send({ action: 'subscribe', room });
      expect(await client.next()).toMatchObject({ type: 'error', code: 'ACCESS_DENIED' });
    }
  });

  it.each(['provider_0', 'provider_9007199254740992', 'Provider_4', 'everyone', '#', '', null, 4, undefined])(
    '%j is INVALID_ROOM, also for an administrator',
    async (room) => {
      await using client = await world.join('admin', somebody());
      client.send({ action: 'subscribe', room });
      expect(await client.next()).toMatchObject({ type: 'error', code: 'INVALID_ROOM' });
    },
  );

  it('`subscribed` means that what is published after it arrives', async () => {
    await using client = await world.join('admin', somebody());
    for (let provider = 100; provider < 110; provider += 1) {
      client.send({ action: 'subscribe', room: `provider_${provider}` });
      await client.until({ type: 'subscribed' });
      const { id } = await world.publish({
        event: 'calendar.sync',
        data: {},
        rooms: [`provider_${provider}`],
      });
      expect((await client.events(1))[0]).toMatchObject({ id });
    }
  });

  it('a room that one is in already is confirmed again', async () => {
    await using client = await world.join('customer', 6);
    client.send({ action: 'subscribe', room: 'customer_6' });
    client.send({ action: 'list_rooms' });
    expect(await client.take(2)).toEqual([
      { type: 'subscribed', room: 'customer_6' },
      { type: 'rooms_list', rooms: ['customer_6'] },
    ]);
  });
});

describe('rooms named at the entrance', () => {
  it('are joined besides the role’s; those that cannot be are told first, and cost nothing else', async () => {
    await using client = await world.connect('provider', 4, {
      query: { rooms: 'provider_4, admin,provider_0' },
    });
    expect(await client.take(5)).toMatchObject([
      { type: 'error', code: 'ACCESS_DENIED' },
      { type: 'error', code: 'INVALID_ROOM' },
      { type: 'subscribed', room: 'provider_4' },
      { type: 'subscribed', room: 'calendar' },
      { type: 'connected' },
    ]);
  });
});

describe('unsubscribe', () => {
  it('ends what comes from that room, and only from that', async () => {
    const provider = somebody();
    await using client = await world.join('provider', provider);
    client.send({ action: 'unsubscribe', room: 'calendar' });
    expect(await client.next()).toEqual({ type: 'unsubscribed', room: 'calendar' });
    const { id } = await world.publish(appointment({ data: { provider_id: provider } }));
    await world.publish({ event: 'calendar.sync', data: {} });
    await world.publish({ event: 'calendar.sync', data: { last: true }, rooms: [`provider_${provider}`] });
    expect(await client.events(2)).toMatchObject([{ id }, { data: { last: true } }]);
  });

  it('list_rooms names the rooms one is in', async () => {
    await using client = await world.join('admin', somebody());
    client.send({ action: 'subscribe', room: 'provider_4' });
    client.send({ action: 'unsubscribe', room: 'admin' });
    client.send({ action: 'list_rooms' });
    const { rooms } = await client.until({ type: 'rooms_list' });
    expect(new Set(rooms as string[])).toEqual(new Set(['calendar', 'provider_4']));
  });
});
