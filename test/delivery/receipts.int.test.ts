import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { appointment } from '../support/events.ts';
import { healthUntil } from '../support/health.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { ReceiptReader } from '../support/receipts.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TestClient } from '../support/client.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { wires } from '../support/wires.ts';
import { until } from '../support/until.ts';

const PROVIDER = 4;
const WRITTEN = 'written provider 4';
const DELIVERED = 'delivered provider 4';
const SEEN = 'seen provider 4';

async function publish(world: World): Promise<{ id: string; cursor: string }> {
  return world.publish(appointment({ data: { provider_id: PROVIDER, customer_id: 6 } }));
}
const gone = (world: World) =>
  healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 0);

describe('a receipt of an event', () => {
  it('says that it was written and delivered, once each and for the person alone, where any client answers pings', async () => {
    await using world = await World.start();
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using phone = await world.join('provider', PROVIDER);
    await using office = await world.join('admin', 1);
    const pings: string[] = [];
    phone.ws.on('ping', (payload: Buffer) => pings.push(payload.toString()));
    const { id, cursor } = await publish(world);
    await receipts.until(() => receipts.of(id).includes(DELIVERED));
    expect(receipts.of(id)).toEqual([WRITTEN, DELIVERED]);
    expect(pings).toHaveLength(1);
    expect(phone.frames.flatMap(({ event, cursor: one }) => (event === undefined ? [] : one))).toContain(
      pings[0],
    );
    expect(receipts.batches.flat()).toContainEqual([
      ...[id, cursor, 'provider', PROVIDER, 'delivered', expect.any(String)],
      ...[expect.any(Number), world.deliveries[0]?.instance],
    ]);
    expect(await office.next()).toMatchObject({ id });
  });

  it('costs one ping a second at most, however many events come', async () => {
    await using world = await World.start();
    await using phone = await world.join('provider', PROVIDER);
    const pingedMs: number[] = [];
    phone.ws.on('ping', () => pingedMs.push(performance.now()));
    const beganMs = performance.now();
    while (pingedMs.length < 4) await publish(world);
    const seconds = (performance.now() - beganMs) / 1_000;
    // Delivery looks at its sessions about once a second.
    expect(pingedMs.length).toBeLessThanOrEqual(1 + seconds / 0.95);
  });

  it('comes in batches: what is written and confirmed within a second is one message', async () => {
    await using world = await World.start();
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using phone = await world.join('provider', PROVIDER);
    const events = Array.from({ length: 50 }, () =>
      appointment({ data: { provider_id: PROVIDER, customer_id: 6 } }),
    );
    await world.post('/v1/events', events);
    await phone.events(50);
    await receipts.until(() => receipts.ids('delivered').length === 50);
    expect(receipts.batches.length).toBeLessThan(10);
  });

  it('never says delivered of what a client has not read, also when its connection breaks off', async () => {
    await using world = await World.start();
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using stopped = await world.join('provider', PROVIDER);
    await using reading = await world.join('provider', PROVIDER + 1);
    stopped.pause();
    const { id } = await publish(world);
    const other = await world.publish(appointment({ data: { provider_id: PROVIDER + 1 } }));
    await receipts.until(() => receipts.of(other.id).length === 2);
    await reading.events(1);
    stopped.cut();
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 1);
    const last = await world.publish(appointment({ data: { provider_id: PROVIDER + 1 } }));
    await receipts.until(() => receipts.of(last.id).length === 2);
    expect(receipts.of(id)).toEqual([WRITTEN]);
  });

  it('never says delivered of what went into a connection whose route is gone', async () => {
    await using world = await World.start();
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using route = await TcpProxy.before(world.webSocketUrl());
    await using phone = await TestClient.open(
      route.through(`${world.webSocketUrl()}?token=${tokenFor('customer', 6)}`),
    );
    await phone.until({ type: 'connected' });
    const read = await publish(world);
    await receipts.until(() => receipts.of(read.id).includes('delivered customer 6'));
    route.stall();
    const unread = await publish(world);
    await receipts.until(() => receipts.of(unread.id).includes('written customer 6'));
    await using other = await world.join('provider', PROVIDER);
    const last = await publish(world);
    await other.until({ id: last.id });
    await receipts.until(() => receipts.of(last.id).includes(DELIVERED));
    expect(receipts.of(unread.id)).not.toContain('delivered customer 6');
    route.heal();
    await receipts.until(() => receipts.of(last.id).includes('delivered customer 6'));
    expect(phone.frames.map(({ id }) => id)).toContain(unread.id);
  });

  it('says delivered of what a paused client has read once it goes on', async () => {
    await using world = await World.start();
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using phone = await world.join('provider', PROVIDER);
    phone.pause();
    const { id } = await publish(world);
    await receipts.until(() => receipts.of(id).length === 1);
    phone.resume();
    await receipts.until(() => receipts.of(id).length === 2);
    expect(receipts.of(id)).toEqual([WRITTEN, DELIVERED]);
  });

  it('takes a pong with anything else for a sign of life', async () => {
    await using world = await World.start({
      env: { PING_INTERVAL_MS: String(scaledMs(400)), PONG_TIMEOUT_MS: String(scaledMs(200)) },
    });
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    const url = `${world.webSocketUrl()}?token=${tokenFor('provider', PROVIDER)}`;
    const ws = new WebSocket(url, { autoPong: false });
    const questions = new Set<string>();
    let asked: () => void = () => undefined;
    ws.on('ping', (payload: Buffer) => {
      ws.pong('something');
      if (payload.length > 0) questions.add(payload.toString());
      asked();
    });
    const askedFor = async (count: number) => {
      while (questions.size < count) await new Promise<void>((resolve) => (asked = resolve));
    };
    await once(ws, 'open');
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_rooms'] === 2);
    const { id } = await publish(world);
    await askedFor(1);
    const second = await publish(world);
    await askedFor(2);
    expect(ws.readyState).toBe(WebSocket.OPEN);
    // Its first pong came before.
    await receipts.until(() => receipts.of(second.id).length > 0);
    expect(receipts.of(id)).toEqual([WRITTEN]);
    ws.terminate();
  });

  it('is not said of what an operator sends once more by the cursor that its client has had for long', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using phone = await world.join('customer', 6);
    const first = await publish(world);
    await receipts.until(() => receipts.of(first.id).includes('delivered customer 6'));
    phone.pause();
    const unread = await publish(world);
    const operator = new Operator(world);
    const replay = { from: first.cursor, to: first.cursor, user: 'customer:6', dry_run: false };
    expect((await operator.ask('POST', 'replay', replay)).status).toBe(200);
    await receipts.until(() => receipts.of(first.id).length === 3);
    const [before] = (await operator.sessions()).sessions;
    expect(before).toMatchObject({ confirmed_up_to: first.cursor, behind: 2 });
    phone.send({ action: 'ack', cursor: first.cursor });
    await receipts.until(() => receipts.of(first.id).includes('seen customer 6'));
    expect(receipts.of(unread.id)).toEqual(['written customer 6']);
    phone.resume();
    await receipts.until(
      () => receipts.of(first.id).filter((stage) => stage === 'delivered customer 6').length === 2,
    );
    expect(receipts.of(unread.id)).toEqual(['written customer 6', 'delivered customer 6']);
    await until(async () => (await operator.sessions()).sessions[0]?.behind === 0);
  });

  it('says seen where the app takes it: `connected` offers that to those who have events of their own', async () => {
    await using world = await World.start();
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using app = await world.connect('provider', PROVIDER);
    await using office = await world.connect('admin', 1);
    expect(await app.until({ type: 'connected' })).toMatchObject({ acks: true });
    expect(await office.until({ type: 'connected' })).not.toHaveProperty('acks');
    const { id, cursor } = await publish(world);
    await app.events(1);
    app.send({ action: 'ack', cursor });
    app.send({ action: 'ack', cursor: 'something' });
    await receipts.until(() => receipts.of(id).includes(SEEN));
    expect(receipts.of(id)).toEqual([WRITTEN, DELIVERED, SEEN]);
    expect(app.frames.filter(({ type }) => type === 'error')).toEqual([]);
  });

  it.each(wires)('is confirmed by the cursor with which a client of $name comes back', async (wire) => {
    await using world = await World.start();
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    const issuedAt = Math.floor(Date.now() / 1_000);
    const device = { claims: { iat: issuedAt, exp: issuedAt + 900 } };
    const phone = await world.reach(wire, 'customer', 6, device);
    const first = await publish(world);
    const second = await publish(world);
    await phone.events(2);
    phone.cut();
    await gone(world);
    await using back = await world.reach(wire, 'customer', 6, { ...device, cursor: first.cursor });
    await receipts.until(() => receipts.of(first.id).includes('delivered customer 6'));
    expect(await back.events(1)).toMatchObject([{ id: second.id }]);
  });

  it('is none where they are off, and nobody is asked', async () => {
    await using world = await World.start({
      env: { RECEIPTS: 'off', PING_INTERVAL_MS: '2500', PONG_TIMEOUT_MS: '2000' },
    });
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using phone = await world.connect('provider', PROVIDER);
    expect(await phone.until({ type: 'connected' })).not.toHaveProperty('acks');
    const questions: string[] = [];
    const heartbeat = new Promise<void>((resolve) => {
      phone.ws.on('ping', (payload: Buffer) => {
        if (payload.length > 0) questions.push(payload.toString());
        else resolve();
      });
    });
    const { cursor } = await publish(world);
    await phone.events(1);
    phone.send({ action: 'ack', cursor });
    // The heartbeat comes later than a question would have, and carries nothing.
    await heartbeat;
    expect([questions, receipts.batches]).toEqual([[], []]);
  });
});

describe('a client without a cursor that was away for a moment', () => {
  it('is given what it has not confirmed while its dead connection seems to be there still', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    await using dead = await world.join('customer', 6);
    dead.pause();
    const unread = await publish(world);
    await receipts.until(() => receipts.of(unread.id).includes('written customer 6'));
    await using back = await world.join('customer', 6);
    expect((await back.events(1)).map(({ id }) => id)).toEqual([unread.id]);
  });

  it('is given what it has not confirmed, also where another device with its token has', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    const issuedAt = Math.floor(Date.now() / 1_000);
    const shared = { claims: { iat: issuedAt, exp: issuedAt + 900 } };
    const phone = await world.join('customer', 6, shared);
    const tablet = await world.join('customer', 6, shared);
    phone.pause();
    const unread = await publish(world);
    await receipts.until(() => receipts.of(unread.id).includes('delivered customer 6'));
    for (const device of [tablet, phone]) device.cut();
    await gone(world);
    for (let device = 0; device < 2; device += 1) {
      await using back = await world.join('customer', 6, shared);
      expect((await back.events(1)).map(({ id }) => id)).toEqual([unread.id]);
    }
  });

  it('is given what it has not confirmed, and nothing else twice where there is no rewind', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    await using receipts = await ReceiptReader.open(world.amqpUrl);
    const issuedAt = Math.floor(Date.now() / 1_000);
    const device = { claims: { iat: issuedAt, exp: issuedAt + 900 } };
    const phone = await world.join('customer', 6, device);
    const read = await publish(world);
    await receipts.until(() => receipts.of(read.id).includes('delivered customer 6'));
    phone.pause();
    const unread = await publish(world);
    await receipts.until(() => receipts.of(unread.id).includes('written customer 6'));
    phone.send({ action: 'ping' });
    phone.cut();
    await gone(world);
    const missed = await publish(world);
    await using back = await world.join('customer', 6, device);
    expect((await back.events(2)).map(({ id }) => id)).toEqual([unread.id, missed.id]);
    expect(await back.quiet()).toEqual([]);
  });
});
