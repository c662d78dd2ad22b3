import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestClient } from '../support/client.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import type { TestRole } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const CLIENTS = 200;
const EVENTS = 2_000;
const PER_REQUEST = 50;
const PEOPLE = 25;
const ROLES: readonly TestRole[] = ['admin', 'provider', 'secretary', 'customer'];

interface Member {
  readonly client: TestClient;
  readonly rooms: readonly string[];
}

/** Repeatable: the nth event always concerns the same people. */
function eventOf(n: number) {
  const data = {
    id: n + 1,
    provider_id: (n % PEOPLE) + 1,
    customer_id: ((n * 7) % PEOPLE) + 1,
    ...(n % 3 === 0 ? { secretary_ids: [((n * 11) % PEOPLE) + 1] } : {}),
  };
  return { id: `e${n}`, event: n % 2 === 0 ? 'appointment.created' : 'appointment.updated', data };
}

function roomsOf(role: TestRole, id: number): readonly string[] {
  if (role === 'admin') return ['admin', 'calendar'];
  return role === 'customer' ? [`customer_${id}`] : [`${role}_${id}`, 'calendar'];
}

describe('two delivery instances, one ingest, 200 clients of all roles, 2,000 events', () => {
  let world: World;
  const members: Member[] = [];
  const published: { id: string; rooms: readonly string[] }[] = [];

  beforeAll(async () => {
    world = await World.start({ deliveries: 2, env: { REWIND_SECONDS: '0' } });
    const joining = Array.from({ length: CLIENTS }, async (_, n): Promise<Member> => {
      const role = ROLES[n % ROLES.length] ?? 'admin';
      const id = (Math.floor(n / ROLES.length) % PEOPLE) + 1;
      return {
        client: await world.join(role, id, { delivery: Math.floor(n / 4) % 2 }),
        rooms: roomsOf(role, id),
      };
    });
    members.push(...(await Promise.all(joining)));
    for (let from = 0; from < EVENTS; from += PER_REQUEST) {
      const events = Array.from({ length: PER_REQUEST }, (_, n) => eventOf(from + n));
      const response = await world.post('/v1/events', events);
      expect(response.status).toBe(202);
      for (const receipt of (await response.json()) as typeof published) {
        published.push(receipt, { id: `${receipt.id}:calendar`, rooms: ['calendar'] });
      }
    }
  }, scaledMs(TEST_MS));

  afterAll(async () => {
    await Promise.all(members.map(({ client }) => client.close()));
    await world[Symbol.asyncDispose]();
  });

  it(
    'gives every client exactly the events of its rooms, in order, and none of anybody else',
    async () => {
      for (const { client, rooms } of members) {
        const expected = published.filter((event) => event.rooms.some((room) => rooms.includes(room)));
        const received = await client.events(expected.length);
        const extra = (await client.quiet()).filter((frame) => 'event' in frame);
        expect([...received, ...extra].map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }
    },
    scaledMs(TEST_MS),
  );
});
