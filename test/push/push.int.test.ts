import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { PUSH, PUSH_WAIT } from '../../shared/contract/topology.ts';
import { Trace } from '../../shared/contract/trace.ts';
import { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, readHealth } from '../support/health.ts';
import { untilDepths } from '../support/queues.ts';
import { receiptsUntil } from '../support/receipts.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { bearer } from '../support/wires.ts';
import type { World } from '../support/world.ts';
import { PushWorld } from './push-world.ts';
import { SleepingPhone } from './sleeping-phone.ts';

const DAY_MS = 86_400_000;
const tomorrow = () => new Date(Date.now() + DAY_MS).toISOString().replace('Z', '+00:00');
const yesterday = () => new Date(Date.now() - DAY_MS).toISOString().replace('Z', '+00:00');

let of: PushWorld;
beforeAll(async () => {
  of = await PushWorld.start();
});
afterAll(() => of[Symbol.asyncDispose]());

const OPERATOR_KEY = 'key-of-an-operator-for-tests';

async function traceOf({ ingests: [ingest] }: World, id: string): Promise<Trace> {
  const url = `http://127.0.0.1:${ingest?.httpPort ?? 0}/v1/admin/events/${id}`;
  const answer = await fetch(url, { headers: bearer(OPERATOR_KEY) });
  return Trace.parse(await answer.json());
}

let lastId = 9_000;
const somebody = () => (lastId += 1);

const booking = (provider_id: number, data: object = {}, fields: object = {}) =>
  appointment({ data: { provider_id, customer_id: null, start: tomorrow(), ...data }, ...fields });

/** Everything that was published before has been decided on once this was shown. */
async function afterAnother(): Promise<void> {
  const id = somebody();
  const phone = await of.phoneOf('provider', id);
  await of.world.publish(booking(id));
  await phone.shows(1);
}

describe('somebody whose app is closed', () => {
  it('is told of a new appointment, in their language and without a name, and a tap leads there', async () => {
    const id = somebody();
    const phone = await of.phoneOf('provider', id);
    const event = booking(id, { service_name: 'Haarschnitt', customer_name: 'Ada Planted' });
    await of.world.publish(event);
    const [shown] = await phone.shows(1);
    expect(shown).toMatchObject({
      title: 'Neuer Termin',
      body: expect.stringContaining('Haarschnitt') as unknown,
      navigate: `https://app.example.org/appointments/${event.data.id}`,
      tag: `appointment-${event.data.id}`,
    });
    expect(JSON.stringify(shown)).not.toContain('Planted');
  });

  it('is told once of several appointments that change together', async () => {
    const id = somebody();
    const phone = await of.phoneOf('provider', id, 'en');
    for (let count = 0; count < 3; count += 1) await of.world.publish(booking(id));
    const [shown] = await phone.shows(1);
    expect(shown?.data).toMatchObject({ event: 'several', count: '3' });
    await afterAnother();
    expect(phone.asked).toHaveLength(1);
  });

  it('is told of the newest state of an appointment alone', async () => {
    const id = somebody();
    const phone = await of.phoneOf('provider', id);
    const event = booking(id);
    await of.world.publish(event);
    await of.world.publish({ ...event, event: 'appointment.cancelled' });
    await afterAnother();
    expect(phone.shown.map(({ title }) => title)).toEqual(['Termin abgesagt']);
  });

  it('is not told of what is over', async () => {
    const id = somebody();
    const phone = await of.phoneOf('provider', id);
    await of.world.publish(booking(id, { start: yesterday() }));
    await afterAnother();
    expect(phone.asked).toEqual([]);
  });

  it('is told on each of their phones', async () => {
    const id = somebody();
    const phones = [await of.phoneOf('provider', id, 'de'), await of.phoneOf('provider', id, 'fr')];
    await of.world.publish(booking(id));
    const titles = await Promise.all(phones.map(async (phone) => (await phone.shows(1))[0]?.title));
    expect(titles).toEqual(['Neuer Termin', 'Nouveau rendez-vous']);
  });

  it('is told as a customer and as a provider of one event, each on their own', async () => {
    const [provider, customer] = [somebody(), somebody()];
    const phones = [await of.phoneOf('provider', provider), await of.phoneOf('customer', customer)];
    await of.world.publish(booking(provider, { customer_id: customer }));
    for (const phone of phones) expect(await phone.shows(1)).toHaveLength(1);
  });

  it('is not told any more on a phone that its push service does not know', async () => {
    const id = somebody();
    const phone = new SleepingPhone(of.service);
    of.service.respond = ({ path }) => ({ status: path === phone.path ? 410 : 201 });
    await of.register('provider', id, phone);
    await of.world.publish(booking(id));
    await phone.shows(1);
    await afterAnother();
    await of.world.publish(booking(id));
    await afterAnother();
    expect(phone.asked).toHaveLength(1);
    expect(await of.metric('roomcast_push_receipts_total')).toContain('stage="failed",how="status_410"');
  });

  it('is told once a push service that was out of order is well', async () => {
    const id = somebody();
    const phone = new SleepingPhone(of.service);
    of.service.respond = ({ path }) =>
      path === phone.path && phone.asked.length === 0 ? { status: 503 } : { status: 201 };
    await of.register('provider', id, phone);
    await of.world.publish(booking(id));
    await phone.shows(2);
    expect(new Set(phone.shown.map(({ tag }) => tag)).size).toBe(1);
  });
});

describe('somebody whose app is open', () => {
  it('is not told once more by push', async () => {
    const id = somebody();
    const phone = await of.phoneOf('provider', id);
    await using client = await of.world.join('provider', id);
    const { id: event } = await of.world.publish(booking(id));
    await client.until({ id: event });
    await afterAnother();
    expect(phone.asked).toEqual([]);
  });
});

describe('phones of a push service that is well', () => {
  it('ring while a slow, a dead and a refusing one have all that waits for them, and more', async () => {
    const [prefetch, events] = [12, 24];
    const env = { PUSH_PREFETCH: String(prefetch), PUSH_MAX_RUNNING: '2', PUSH_MAX_WAITING: '20' };
    await using world = await PushWorld.start({ env, furtherServices: 3 });
    const [good, slow, dead, refusing] = world.services;
    if (slow === undefined || dead === undefined || refusing === undefined)
      throw new Error('four were asked for');
    let hurry: () => void = () => undefined;
    const hurried = new Promise<void>((resolve) => (hurry = resolve));
    slow.respond = async () => {
      await hurried;
      return { status: 201 };
    };
    dead.respond = () => 'silence';
    refusing.respond = () => ({ status: 403 });
    for (let user = 1; user <= events; user += 1) {
      await world.phoneOf('provider', user, 'en', [slow, dead, refusing][user % 3]);
      await world.world.publish(booking(user));
    }
    await dead.askedTimes(2);
    const phones = [];
    for (let user = 101; user <= 100 + prefetch; user += 1) {
      phones.push(await world.phoneOf('provider', user, 'en', good));
      await world.world.publish(booking(user));
    }
    for (const phone of phones) expect(await phone.shows(1)).toHaveLength(1);
    hurry();
  });
});

describe('somebody who reads it late', () => {
  /** After the event has waited, and while push gathers what else there may be for them. */
  it('is not told, where push has not told them yet', async () => {
    await using world = await PushWorld.start({ env: { PUSH_GATHER_MS: String(scaledMs(3_000)) } });
    const phone = await world.phoneOf('provider', 4);
    await using app = await TestClient.open(
      `${world.world.webSocketUrl()}?token=${tokenFor('provider', 4)}`,
      { ws: { autoPong: false } },
    );
    const asked = once(app.ws, 'ping') as Promise<[Buffer]>;
    const { id } = await world.world.publish(booking(4));
    const [question] = await asked;
    const push = world.pushes[0]?.healthPort ?? 0;
    await healthUntil(push, ({ body }) => body.stats['under_way'] === 1);
    app.ws.pong(question);
    await healthUntil(push, ({ body }) => body.stats['under_way'] === 0);
    const { receipts } = await receiptsUntil(world.vhost.url, (kept) =>
      kept.receipts.some(([event, , , , stage]) => event === id && stage === 'delivered'),
    );
    expect([receipts.length > 0, phone.asked]).toEqual([true, []]);
  });
});

describe('two who are told of one event', () => {
  it('do not wait for one another: that one was told is written down while the other cannot be', async () => {
    const [provider, customer] = [somebody(), somebody()];
    const [lost, found] = [new SleepingPhone(of.service), new SleepingPhone(of.service)];
    of.service.respond = ({ path }) => ({ status: path === lost.path ? 503 : 201 });
    await of.register('provider', provider, lost);
    await of.register('customer', customer, found);
    const { id } = await of.world.publish(booking(provider, { customer_id: customer }));
    const { pushes } = await receiptsUntil(of.vhost.url, (kept) =>
      kept.pushes.some(([event, , role]) => event === id && role === 'customer'),
    );
    const told = pushes.filter(([event]) => event === id).map(([, , role, , stage]) => `${role} ${stage}`);
    expect(told).toEqual(['customer pushed']);
    of.service.respond = () => ({ status: 201 });
    await lost.shows(lost.asked.length + 1);
  });
});

describe('while push is down', () => {
  it('nobody who publishes notices, and phones are told once it is back', async () => {
    await using world = await PushWorld.start();
    const phone = await world.phoneOf('provider', 4);
    await world.pushes[0]?.stop();
    for (let count = 0; count < 500; count += 1) await world.world.publish(booking(5));
    await world.world.publish(booking(4));
    await untilDepths(world.vhost.url, { [PUSH_WAIT]: 0, [PUSH]: 501 });
    await world.startPush();
    expect(await phone.shows(1)).toHaveLength(1);
  });

  it('what another instance was about to push is pushed by the next', async () => {
    await using world = await PushWorld.start({ pushes: 2 });
    const phone = await world.phoneOf('provider', 4);
    await world.pushes[0]?.stop();
    await world.world.publish(booking(4));
    expect(await phone.shows(1)).toHaveLength(1);
  });
});

describe('an operator who traces an event', () => {
  it('sees by which way somebody was woken', async () => {
    await using world = await PushWorld.start({ env: { ADMIN_API_KEYS: OPERATOR_KEY } });
    const phone = await world.phoneOf('provider', 4);
    const { id } = await world.world.publish(booking(4));
    await phone.shows(1);
    await healthUntil(world.pushes[0]?.healthPort ?? 0, ({ body }) => body.stats['under_way'] === 0);
    const trace = await traceOf(world.world, id);
    expect(trace.people).toMatchObject([
      { role: 'provider', user_id: 4, stage: 'none', push: { how: 'webpush' } },
    ]);
  });
});

describe('what push tells of itself', () => {
  it('is how many were pushed, and how long it took', async () => {
    await afterAnother();
    expect(await of.metric('roomcast_push_receipts_total')).toContain('stage="pushed",how="webpush"');
    expect(await of.metric('roomcast_push_time_to_pushed_seconds_count')).not.toContain(' 0');
    const { body } = await readHealth(of.pushes[0]?.healthPort ?? 0);
    expect(body.stats['pushed']).toBeGreaterThan(0);
    expect(body.queues.map(({ name }) => name)).toEqual([PUSH, PUSH_WAIT]);
  });

  it('names a push service that refuses it, and no phone or person', async () => {
    const id = somebody();
    const phone = new SleepingPhone(of.service);
    of.service.respond = ({ path }) => ({ status: path === phone.path ? 403 : 201 });
    await of.register('provider', id, phone);
    await of.world.publish(booking(id, { customer_name: 'Ada Planted' }));
    await phone.shows(1);
    const health = await healthUntil(of.pushes[0]?.healthPort ?? 0, ({ body }) =>
      body.reasons.some(({ code }) => code === 'push_refused'),
    );
    expect(health.body.status).toBe('degraded');
    const all = `${JSON.stringify(health)} ${of.log.join('\n')} ${await of.metric('')}`;
    for (const secret of [phone.path, 'Planted']) expect(all).not.toContain(secret);
  });
});
