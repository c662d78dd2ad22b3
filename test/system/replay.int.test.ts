import { describe, expect, it } from '@jest/globals';
import { appointment } from '../support/events.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { World } from '../support/world.ts';

interface Row {
  readonly id: string;
  readonly event: string;
  readonly cursor: string;
  readonly appointment_id?: number;
}

async function jsonOf(answer: Response): Promise<unknown> {
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

const eventsOf = async (operator: Operator, query = '') =>
  (await jsonOf(await operator.ask('GET', `events${query}`))) as { events: Row[]; cursor?: string };
const idsOf = ({ events }: { events: Row[] }) => events.map(({ id }) => id);
const bookingOf = (id: string, appointmentId: number, customer = 6) =>
  appointment({ id, data: { id: appointmentId, customer_id: customer } });

describe('the events that operators find in the history', () => {
  it('are those of an appointment, a user, a room or since a time, without their data and companions', async () => {
    await using world = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    const operator = new Operator(world);
    await world.publish(bookingOf('one', 12));
    const two = await world.publish(bookingOf('two', 13, 7));
    await world.publish(bookingOf('three', 12));
    expect(idsOf(await eventsOf(operator))).toEqual(['one', 'two', 'three']);
    expect(idsOf(await eventsOf(operator, '?appointment=12'))).toEqual(['one', 'three']);
    expect(idsOf(await eventsOf(operator, '?user=customer:7'))).toEqual(['two']);
    expect(idsOf(await eventsOf(operator, '?room=customer_6'))).toEqual(['one', 'three']);
    expect(idsOf(await eventsOf(operator, `?since=${two.cursor}`))).toEqual(
      expect.arrayContaining(['two', 'three']),
    );
    const { events } = await eventsOf(operator, `?since=${new Date(Date.now() + 60_000).toISOString()}`);
    expect(events).toEqual([]);
    const [row] = (await eventsOf(operator, '?appointment=13')).events;
    expect(row).toEqual({
      id: 'two',
      event: 'appointment.created',
      cursor: two.cursor,
      timestamp: expect.any(String) as unknown,
      appointment_id: 13,
      rooms: two.rooms,
    });
  });

  it('come by pages, each once', async () => {
    await using world = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    const operator = new Operator(world);
    const ids = Array.from({ length: 5 }, (_, n) => `event-${n}`);
    for (const id of ids) await world.publish(bookingOf(id, 12));
    const found: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page = await eventsOf(operator, `?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.events.length).toBeLessThanOrEqual(2);
      found.push(...idsOf(page));
      ({ cursor } = page);
    }
    expect(found).toEqual(ids);
  });
});

describe('a replay', () => {
  const replay = (operator: Operator, body: object) => operator.ask('POST', 'replay', body);

  it('sends the sessions of a user what they had, with the same ids, once a dry run has counted it', async () => {
    await using world = await World.start({ deliveries: 2, env: OPERATOR_ENV });
    const operator = new Operator(world);
    await using one = await world.join('customer', 6, { delivery: 0 });
    await using two = await world.join('customer', 6, { delivery: 1 });
    await using other = await world.join('customer', 7, { delivery: 1 });
    const from = await world.publish(bookingOf('first', 12));
    await world.publish(bookingOf('of another', 13, 7));
    await world.publish(bookingOf('second', 14));
    for (const client of [one, two]) await client.events(2);
    await other.events(1);
    const body = { from: from.cursor, user: 'customer:6' };
    const counted = { events: 2, sessions: 2, missing: [] };
    expect(await jsonOf(await replay(operator, { ...body, dry_run: true }))).toEqual(counted);
    for (const client of [one, two, other]) expect(await client.quiet()).toEqual([]);
    expect(await jsonOf(await replay(operator, { ...body, dry_run: false }))).toEqual(counted);
    for (const client of [one, two]) {
      expect((await client.events(2)).map(({ id }) => id)).toEqual(['first', 'second']);
    }
    const live = await world.publish(bookingOf('live', 15));
    for (const client of [one, two]) expect(await client.events(1)).toMatchObject([{ id: live.id }]);
    expect(await other.quiet()).toEqual([]);
  });

  it('of a room goes to whoever is in it, and ends where it is to', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    const operator = new Operator(world);
    await using admin = await world.join('admin', 1);
    await using provider = await world.join('provider', 4);
    const first = await world.publish(bookingOf('first', 12));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await world.publish(bookingOf('second', 13));
    await admin.until({ id: 'second' });
    await provider.until({ id: 'second' });
    await Promise.all([admin.quiet(), provider.quiet()]);
    const body = { from: first.cursor, to: first.cursor, room: 'admin', dry_run: false };
    expect(await jsonOf(await replay(operator, body))).toEqual({ events: 1, sessions: 1, missing: [] });
    expect(await admin.events(1)).toMatchObject([{ id: 'first' }]);
    await world.publish(bookingOf('third', 14));
    expect(await admin.events(1)).toMatchObject([{ id: 'third' }]);
    expect(await provider.until({ id: 'third' })).toBeDefined();
  });
});
