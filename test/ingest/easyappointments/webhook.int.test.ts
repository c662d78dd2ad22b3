import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { INBOX } from '../../../shared/contract/topology.ts';
import { webhook, type WebhookBody } from '../../support/test-decider.ts';
import { TestIngest, type Seen } from '../../support/ingest.ts';
import { fixtureEvents } from './fixture-events.ts';

const PATH = '/webhooks/easyappointments';
const ID_COLUMNS = ['id', 'id_users_provider', 'id_users_customer', 'id_services'];
const LIST_COLUMNS = ['providers', 'services'];

/** The same webhook of other people and appointments, of whom the ledger knows nothing. */
function ofOthers({ action, payload }: WebhookBody, by: number): WebhookBody {
  const shifted = (id: unknown) => (typeof id === 'number' ? id + by : id);
  const columns = Object.entries(payload).map(([name, value]) => {
    if (ID_COLUMNS.includes(name)) return [name, shifted(value)];
    if (LIST_COLUMNS.includes(name) && Array.isArray(value)) return [name, value.map(shifted)];
    return [name, value];
  });
  return { action, payload: Object.fromEntries(columns) as WebhookBody['payload'] };
}

/** What was seen on the exchange as a line: event, why, rooms; ids as before they were shifted. */
function toldBy({ message, frame }: Seen, by: number): string {
  const { reason } = frame['data'] as { reason?: string };
  const rooms = String(message.properties.headers?.['rooms']).replaceAll(',', ' ');
  const name = String(frame['event']);
  const why = reason === undefined ? '' : ` (${reason})`;
  return `${name}${why} → ${rooms.replaceAll(/\d+/g, (id) => String(Number(id) - by))}`;
}

/** Every appointment event is followed by what calendars get of it. */
const withCompanions = (events: readonly string[]) =>
  events.flatMap((event) => {
    const [name = ''] = event.split(' ');
    return name === 'calendar.sync' ? [event] : [event, `calendar.sync (${name}) → calendar`];
  });

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await TestIngest.start();
});
afterAll(() => ingest[Symbol.asyncDispose]());

/** What is on the exchange before an event that stands behind it in the inbox. */
async function seenSince(): Promise<Seen[]> {
  const id = 'behind';
  await ingest.send({ event: 'calendar.sync', data: {} }, { messageId: `${id}-${String(Math.random())}` });
  const seen: Seen[] = [];
  for (;;) {
    const next = await ingest.published.nextFrame();
    if (String(next.frame['id']).startsWith(id)) return seen;
    seen.push(next);
  }
}

describe('every webhook of Easy!Appointments 1.6.0, by a ledger that knows nothing of it', () => {
  const rows = fixtureEvents.map(([file, events], index) => ({ file, events, by: 1_000 * (index + 1) }));

  it.each(rows)('$file over HTTP is answered 204 with nothing, and tells $events', async (row) => {
    const { file, events, by } = row;
    const response = await ingest.post(PATH, ofOthers(webhook(file), by));
    expect([response.status, await response.text()]).toEqual([204, '']);
    const lines = (await seenSince()).map((seen) => toldBy(seen, by));
    expect(lines).toEqual(withCompanions(events));
  });

  it.each(rows)('$file over AMQP tells the same', async ({ file, events, by: earlier }) => {
    const by = earlier + 500_000;
    await ingest.send(ofOthers(webhook(file), by), { messageId: `amqp-${file}` });
    const seen = await seenSince();
    expect(seen.map((one) => toldBy(one, by))).toEqual(withCompanions(events));
    const own = events.map(() => `amqp-${file}`);
    const ids = seen.map(({ frame }) => frame['id']).filter((id) => !String(id).endsWith(':calendar'));
    expect(ids).toEqual(own);
  });

  it('leaves nothing in the inbox', async () => {
    await ingest.metricUntil('roomcast_ingest_unconfirmed', 0);
    expect((await ingest.channel.checkQueue(INBOX)).messageCount).toBe(0);
  });
});

describe('a webhook that is wrong', () => {
  it('is 422 with every place, and nothing of it is published', async () => {
    const wrong = webhook('appointment_save.new', { id: 0, id_users_provider: 'four', status: {} });
    const response = await ingest.post(PATH, wrong);
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual([
      '/payload/id',
      '/payload/status',
      '/payload/id_users_provider',
    ]);
    expect(await seenSince()).toEqual([]);
  });
});

describe('without a broker', () => {
  it('a webhook is 503 at once, and is taken when the broker is back', async () => {
    await using cut = await TestIngest.start();
    cut.proxy.cut();
    await cut.unready();
    expect((await cut.post(PATH, webhook('appointment_save.new'))).status).toBe(503);
    cut.proxy.heal();
    await cut.ready();
    expect((await cut.post(PATH, webhook('appointment_save.new'))).status).toBe(204);
    const [seen] = await cut.published.take(1);
    expect(seen?.frame).toMatchObject({ event: 'appointment.created', data: { id: 1 } });
  });
});

describe('the fork, with webhooks and broadcasts', () => {
  it('tells a change by the REST API once, by way of the inbox', async () => {
    await using own = await TestIngest.start();
    const booked = webhook('appointment_save.new');
    const rooms = ['calendar', 'admin', 'provider_4', 'customer_6'];
    const broadcast = { event: 'appointment_created', data: booked.payload, rooms };
    expect((await own.post('/broadcast', broadcast)).status).toBe(200);
    expect((await own.published.take(2)).map(({ frame }) => frame['event'])).toEqual([
      'appointment.created',
      'calendar.sync',
    ]);
    expect((await own.post('/webhooks/easyappointments', booked)).status).toBe(204);
    expect((await own.post('/broadcast', broadcast)).status).toBe(200);
    expect(await own.announcedSince()).toEqual([]);
  });
});
