import { describe, expect, it } from '@jest/globals';
import { TestClient, type Frame } from '../support/client.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const KIB = 1024;
/** A customer, because nothing else comes to one than what concerns them. */
const CUSTOMER = 52;
const EMPTY = {
  event: 'appointment.created',
  data: { id: 53, provider_id: 4, customer_id: CUSTOMER, notes: '' },
};

/** A request of so many bytes with one event. */
const large = (bytes: number) => {
  const notes = 'x'.repeat(bytes - JSON.stringify(EMPTY).length);
  return { ...EMPTY, data: { ...EMPTY.data, notes } };
};
const small = { event: 'appointment.created', data: { id: 54, provider_id: 4, customer_id: CUSTOMER } };
const thin = { id: 53, provider_id: 4, customer_id: CUSTOMER, truncated: true };

const start = (deliveries = 1) =>
  World.start({
    deliveries,
    env: { MAX_EVENT_BYTES: String(512 * KIB), MAX_OUTBOX_BYTES: String(4 * KIB * KIB) },
  });

/** What the events among the frames carry; long notes by their length, for the sake of who reads a failure. */
const dataIn = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => ('event' in frame ? [brief(frame['data'] as Record<string, unknown>)] : []));
const brief = ({ notes, ...data }: Record<string, unknown>) =>
  typeof notes === 'string' ? { ...data, characters: notes.length } : data;
const cursorIn = (frames: readonly Frame[]) =>
  String(frames.findLast((frame) => 'cursor' in frame)?.['cursor']);

/** A client that takes no more than `maxPayload` in one frame, and closes 1009 by itself. */
async function connect(
  world: World,
  maxPayload: number,
  auth: object = {},
  delivery = 0,
): Promise<TestClient> {
  const client = await TestClient.open(world.webSocketUrl(delivery), { ws: { maxPayload } });
  client.send({ action: 'auth', token: tokenFor('customer', CUSTOMER), ...auth });
  return client;
}

describe.each([
  ['32 KiB', 32 * KIB, 40_000],
  ['256 KiB', 256 * KIB, 300 * KIB],
])('a client that takes %s in one frame', (_what, maxPayload, bytes) => {
  it('and closes over a larger event comes back to it in thin form, and to what is behind it', async () => {
    await using world = await start();
    await using first = await connect(world, maxPayload);
    await first.until({ type: 'connected' });
    const { id, cursor } = await world.publish(large(bytes));
    await first.closed;
    await world.publish(small);
    await using back = await connect(world, maxPayload, { cursor: cursorIn(first.frames) });
    await back.until({ type: 'resumed' });
    const [event] = back.frames.filter((frame) => 'event' in frame);
    expect(event).toMatchObject({ event: 'appointment.created', id, cursor });
    expect(dataIn(back.frames)).toEqual([thin, small.data]);
  });

  it('is sent no larger event at all when it says so', async () => {
    await using world = await start();
    await using client = await connect(world, maxPayload, { max_frame_bytes: maxPayload });
    await client.until({ type: 'connected' });
    await world.publish(large(bytes));
    await world.publish(small);
    expect(dataIn(await client.events(2))).toEqual([thin, small.data]);
  });
});

describe('a client that closes over a large event', () => {
  it('without a cursor is rewound to its thin form', async () => {
    await using world = await start();
    await using first = await connect(world, 32 * KIB);
    await first.until({ type: 'connected' });
    await world.publish(large(40_000));
    await first.closed;
    await using back = await connect(world, 32 * KIB);
    expect(dataIn(await back.events(1))).toEqual([thin]);
    await world.publish(large(40_000));
    await world.publish(small);
    expect(dataIn(await back.events(2))).toEqual([thin, small.data]);
  });

  it('with the names of the existing apps gets the thin form under them', async () => {
    await using world = await start();
    const auth = { events: 'underscore', max_frame_bytes: 32 * KIB };
    await using client = await connect(world, 32 * KIB, auth);
    await client.until({ type: 'connected' });
    await world.publish(large(40_000));
    expect(await client.events(1)).toMatchObject([{ event: 'appointment_created', data: thin }]);
  });

  it('comes to another instance, closes once more at most, and gets it there', async () => {
    await using world = await start(2);
    await using first = await connect(world, 32 * KIB);
    await first.until({ type: 'connected' });
    await world.publish(large(40_000));
    await first.closed;
    const cursor = cursorIn(first.frames);
    await using second = await connect(world, 32 * KIB, { cursor }, 1);
    await second.closed;
    await using third = await connect(world, 32 * KIB, { cursor }, 1);
    await third.until({ type: 'resumed' });
    expect(dataIn(third.frames)).toEqual([thin]);
  });

  it('leaves the event whole for everybody else', async () => {
    await using world = await start();
    await using other = await world.join('admin', 1);
    await using first = await connect(world, 32 * KIB);
    await first.until({ type: 'connected' });
    const event = large(40_000);
    await world.publish(event);
    await first.closed;
    await other.until({ event: 'appointment.created' });
    expect(dataIn(other.frames)).toContainEqual(brief(event.data));
  });
});

describe('max_frame_bytes', () => {
  it('stands in the URL too, and a refresh changes it', async () => {
    await using world = await start();
    await using client = await world.connect('customer', CUSTOMER, { query: { max_frame_bytes: '32768' } });
    await client.until({ type: 'connected' });
    await world.publish(large(40_000));
    client.send({ action: 'auth', token: tokenFor('customer', CUSTOMER), max_frame_bytes: 65_536 });
    await client.until({ type: 'refreshed' });
    await world.publish(large(40_000));
    await client.events(1);
    expect(dataIn(client.frames)).toEqual([thin, brief(large(40_000).data)]);
  });
});
