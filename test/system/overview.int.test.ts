import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { appointment } from '../support/events.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { publishOldMark } from '../support/old-mark.ts';
import { World } from '../support/world.ts';

interface Overview {
  readonly events: readonly {
    readonly id: string;
    readonly event: string;
    readonly rooms: readonly string[];
    readonly appointment_id?: number;
    readonly told?: Readonly<Record<string, number>>;
  }[];
  readonly complete: boolean;
  readonly sessions: readonly { role: string; transport: string; sessions: number }[];
  readonly missing: readonly string[];
}

async function read(operator: Operator): Promise<Overview> {
  const answer = await operator.ask('GET', 'overview');
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Overview;
}

/** It is worked out anew every other second. */
async function readUntil(operator: Operator, holds: (overview: Overview) => boolean): Promise<Overview> {
  for (;;) {
    const overview = await read(operator);
    if (holds(overview)) return overview;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the overview of an operator', () => {
  it('has the last events, the newest first, with how many of those whom each concerns it has reached', async () => {
    await using world = await World.start({ deliveries: 2, env: OPERATOR_ENV });
    const operator = new Operator(world);
    expect(await read(operator)).toEqual({ events: [], complete: true, sessions: [], missing: [] });
    await using provider = await world.join('provider', 4, { delivery: 0 });
    await using staff = await world.join('admin', 1, { delivery: 1 });
    await world.publish(appointment({ id: 'told', data: { id: 12, note: 'personal' } }));
    await world.publish({ id: 'no receipts', event: 'calendar.sync', data: {} });
    await provider.until({ id: 'told' });
    const isTold = ({ events }: Overview) => events.at(-1)?.told?.['delivered'] === 1;
    const { events, complete, missing } = await readUntil(operator, isTold);
    const at = expect.stringMatching(/^2\d{3}-.*Z$/) as unknown;
    expect(events).toEqual([
      expect.objectContaining({ id: 'no receipts', event: 'calendar.sync', at }),
      {
        id: 'told',
        event: 'appointment.created',
        cursor: expect.any(String) as unknown,
        timestamp: at,
        appointment_id: 12,
        rooms: ['admin', 'provider_4', 'customer_6'],
        at,
        told: { seen: 0, delivered: 1, pushed: 0, written: 0, none: 1 },
      },
    ]);
    expect(events[0]).not.toHaveProperty('told');
    expect([complete, missing]).toEqual([true, []]);
    await staff.close();
  });

  it('says of an event that nobody was told only once a receipt would be there', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    const operator = new Operator(world);
    await world.publish(appointment({ id: 'nobody' }));
    const [first] = (await readUntil(operator, ({ events }) => events.length === 1)).events;
    expect(first).not.toHaveProperty('told');
    const [later] = (await readUntil(operator, ({ events }) => events[0]?.told !== undefined)).events;
    expect(later?.told).toEqual({ seen: 0, delivered: 0, pushed: 0, written: 0, none: 2 });
  });

  it('counts the sessions of all instances by role and transport, and names an instance that does not answer', async () => {
    const env = { ...OPERATOR_ENV, ADMIN_ANSWER_MS: '2000' };
    await using world = await World.start({ deliveries: 2, env });
    const operator = new Operator(world);
    await using one = await world.join('customer', 6, { delivery: 0 });
    await using two = await world.join('customer', 7, { delivery: 1 });
    await using other = await world.join('provider', 4, { delivery: 1 });
    const model = await connect(world.amqpUrl);
    await publishOldMark(await model.createConfirmChannel());
    await model.close();
    const allBut = ({ missing, sessions }: Overview) => missing.length === 1 && sessions.length === 2;
    const { sessions, missing } = await readUntil(operator, allBut);
    expect(sessions).toEqual([
      { role: 'customer', transport: 'websocket', sessions: 2 },
      { role: 'provider', transport: 'websocket', sessions: 1 },
    ]);
    expect(missing).toEqual(['old']);
    for (const client of [one, two, other]) await client.close();
  });

  it('tells nothing of who was told without receipts', async () => {
    await using world = await World.start({ env: { ...OPERATOR_ENV, RECEIPTS: 'off' } });
    const operator = new Operator(world);
    await using provider = await world.join('provider', 4);
    await world.publish(appointment({ id: 'one' }));
    await provider.until({ id: 'one' });
    const { events, complete } = await readUntil(operator, (overview) => overview.events.length === 1);
    expect([events[0]?.id, complete]).toEqual(['one', true]);
    expect(events[0]).not.toHaveProperty('told');
  });
});
