import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import { appointment } from '../support/events.ts';
import { healthUntil } from '../support/health.ts';
import { TestIngest, type Probe } from '../support/ingest.ts';

const webhook = readFileSync(
  new URL('../fixtures/easyappointments/appointment_save.new.json', import.meta.url),
  'utf8',
);

let ingest: TestIngest;
let rejected: Probe;
beforeAll(async () => {
  ingest = await TestIngest.start();
  rejected = await ingest.probe(REJECTED);
});
afterAll(() => ingest[Symbol.asyncDispose]());

const idsOf = async (count: number) => (await ingest.published.take(count)).map(({ frame }) => frame['id']);
const sync = (fields: object = {}) => ({ event: 'calendar.sync', data: {}, ...fields });

describe('a message in the inbox', () => {
  it('is announced like an event of the HTTP entrance, and gone from the queue', async () => {
    await ingest.send(appointment({ id: 'i-1' }));
    expect(await idsOf(2)).toEqual(['i-1', 'i-1:calendar']);
    const { body } = await healthUntil(ingest.service.healthPort, (health) =>
      health.body.queues.some(
        ({ name, messages, consumers }) => name === INBOX && messages === 0 && consumers === 1,
      ),
    );
    expect(body.status).toBe('healthy');
  });

  it.each([
    ['an array', [sync({ id: 'x-1' }), sync({ id: 'x-2' })], {}, ['x-1', 'x-2']],
    ['an event that has its id in the property', sync(), { messageId: 'x-3' }, ['x-3']],
    [
      'an event that names its charset where an encoding belongs',
      sync({ id: 'x-0' }),
      { contentEncoding: 'utf-8' },
      ['x-0'],
    ],
    ['an event labelled as text', sync({ id: 'x-4' }), { contentType: 'text/plain' }, ['x-4']],
    [
      'a CloudEvent',
      { specversion: '1.0', type: 'calendar.sync', source: '/s', id: '5', data: {} },
      { contentType: 'application/cloudevents+json' },
      ['/s#5'],
    ],
    [
      'a batch of CloudEvents',
      [{ specversion: '1.0', type: 'calendar.sync', source: '/s', id: '6', data: {} }],
      { contentType: 'application/cloudevents-batch+json; charset=utf-8' },
      ['/s#6'],
    ],
    ...[':', '_'].map(
      (separator, index) =>
        [
          `a binary CloudEvent with ${separator} in its headers`,
          { a: 1 },
          {
            contentType: 'application/json',
            headers: Object.fromEntries(
              Object.entries({
                specversion: '1.0',
                type: 'calendar.sync',
                source: '/s',
                id: String(7 + index),
              }).map(([name, value]) => [`cloudEvents${separator}${name}`, value]),
            ),
          },
          [`/s#${7 + index}`],
        ] as const,
    ),
  ])('may be %s', async (_name, body, options, ids) => {
    await ingest.send(body, options);
    expect(await idsOf(ids.length)).toEqual(ids);
  });

  it("may be upstream's webhook, announced under the id of the message", async () => {
    await ingest.send(webhook, { messageId: 'w-1' });
    expect(await idsOf(2)).toEqual(['w-1', 'w-1:calendar']);
  });

  it("of upstream's webhook loses half a character and keeps the rest", async () => {
    await ingest.send(webhook.replace(/"notes":\s*"/, '$&cut \\ud83d'), { messageId: 'w-2' });
    const [seen] = await ingest.published.take(2);
    expect(JSON.stringify(seen?.frame)).toContain('cut \ufffd');
  });

  it("of upstream's webhook with notes that are too long is announced with their beginning", async () => {
    await ingest.send(webhook.replace(/"notes":\s*"/, `$&${'n'.repeat(100_000)}`), { messageId: 'w-3' });
    const [seen] = await ingest.published.take(2);
    expect(seen?.frame['data']).toMatchObject({
      notes: expect.stringMatching(/^n+$/),
      notes_truncated: true,
    });
    expect(Buffer.byteLength(JSON.stringify(seen?.frame['data']))).toBe(65_536);
  });

  it('is a repeat of what came in by HTTP under the same id', async () => {
    await ingest.post('/v1/events', sync({ id: 'both' }));
    await ingest.send(sync({ id: 'both' }));
    await ingest.send(sync({ id: 'after' }));
    expect(await idsOf(2)).toEqual(['both', 'after']);
  });

  it('keeps its place among the others', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `o-${index}`);
    for (const id of ids.slice(0, -1)) void ingest.send(sync({ id }));
    await ingest.send(sync({ id: ids.at(-1) }));
    expect(await idsOf(500)).toEqual(ids);
  });
});

describe('a message that cannot be accepted', () => {
  it.each([
    ['not JSON', '{"event":', 'malformed_json'],
    ['an unknown event', { event: 'x', data: {} }, 'invalid_event'],
    ['several bad elements', [{ event: 'x' }, 3], 'invalid_event'],
    ['the id of another event', sync({ id: 'both', data: { other: 1 } }), 'id_reused'],
    ['a number that loses digits', '{"event":"calendar.sync","data":{"a":1e400}}', 'invalid_event'],
    ['more data than an event may have', sync({ data: { a: 'x'.repeat(70_000) } }), 'invalid_event'],
    ['a bad webhook', { action: 'appointment_save', payload: { id: 0 } }, 'invalid_event'],
  ])('is set aside unchanged with the words of the HTTP entrance: %s', async (_name, body, code) => {
    const options = {
      messageId: 'bad',
      type: 'theirs',
      contentType: 'application/json',
      headers: { tenant: 7 },
    };
    await ingest.send(body, options);
    const message = await rejected.next();
    expect(message.content.toString()).toBe(typeof body === 'string' ? body : JSON.stringify(body));
    expect(message.properties).toMatchObject({ ...options, deliveryMode: 2 });
    expect(message.properties.headers).toMatchObject({
      'x-rejected-code': code,
      'x-rejected-at': expect.stringMatching(/Z$/),
    });

    const path = JSON.stringify(body).includes('"action"') ? '/webhooks/easyappointments' : '/v1/events';
    const answer = (await (await ingest.post(path, body)).json()) as {
      code: string;
      errors: { path: string; message: string }[];
    };
    const words = answer.errors.map((problem) => `${problem.path} ${problem.message}`.trim()).join('; ');
    expect(message.properties.headers?.['x-rejected-reason']).toBe(`${answer.code}: ${words}`);
  });

  it('has a reason of at most 2,000 characters', async () => {
    await ingest.send(Array.from({ length: 500 }, () => 0));
    const reason: unknown = (await rejected.next()).properties.headers?.['x-rejected-reason'];
    expect(reason).toHaveLength(2000);
  });

  it.each(['gzip', 'gzip:UTF-8', 'deflate', 'br', 'x-snappy'])(
    'is compressed: %s',
    async (contentEncoding) => {
      const body = gzipSync(JSON.stringify(sync()));
      ingest.channel.sendToQueue(INBOX, body, { contentEncoding, contentType: 'application/json' });
      const { properties, content } = await rejected.next();
      expect(properties.headers?.['x-rejected-reason']).toBe(
        `unsupported_media_type: the content encoding "${contentEncoding.replace(':UTF-8', '')}" is not taken here: send the JSON as it is, uncompressed`,
      );
      expect([properties.contentEncoding, content]).toEqual([contentEncoding, body]);
    },
  );

  it('is too large as it would be over HTTP', async () => {
    await ingest.send('x'.repeat(1024 ** 2 + 1));
    expect((await rejected.next()).properties.headers).toMatchObject({ 'x-rejected-code': 'body_too_large' });
  });

  it("is another webhook under the message id of one before: its events would be taken for that one's", async () => {
    await ingest.send(webhook, { messageId: 'w-4' });
    await ingest.send(webhook.replace('10:45:00', '11:45:00'), { messageId: 'w-4' });
    const reason: unknown = (await rejected.next()).properties.headers?.['x-rejected-reason'];
    expect(reason).toMatch(
      /^id_reused: \/id this id was used .*; \/payload\/end_datetime is not what it was/,
    );
    await ingest.send(webhook, { messageId: 'w-4' });
    await ingest.publishedSince();
  });

  it('is set aside once and nowhere else, whatever properties it came with', async () => {
    const { queue } = await ingest.channel.assertQueue('', { exclusive: true });
    const copies = await ingest.probe(queue);
    const big = 'h'.repeat(50_000);
    await ingest.send('{', { CC: [queue], userId: 'guest', expiration: '60000', headers: { big } });
    expect((await copies.next()).content.toString()).toBe('{');
    const { properties } = await rejected.next();
    expect(properties).toMatchObject({
      userId: undefined,
      expiration: undefined,
      headers: { 'x-rejected-code': 'malformed_json' },
    });
    await ingest.send('{', { CC: [queue], messageId: 'second' });
    await rejected.next();
    await copies.next();
    ingest.channel.sendToQueue(queue, Buffer.from('last'));
    expect((await copies.next()).content.toString()).toBe('last');
  });

  it('is set aside without the credentials in its headers, and with all others', async () => {
    const secret = 'PLANTED';
    const others = { tenant: 7, bytes: Buffer.from('abc'), nested: { list: [{ a: 1 }] } };
    await ingest.send('{', {
      headers: {
        ...others,
        ...{ Authorization: `Bearer ${secret}`, 'x-api-key': secret, 'X-Ea-Token': secret, cookie: secret },
        nested: { list: [{ a: 1, authorization: secret }] },
      },
    });
    const { headers } = (await rejected.next()).properties;
    expect(JSON.stringify(headers)).not.toContain(secret);
    expect(headers).toMatchObject(others);
  });

  it('holds up nobody behind it', async () => {
    await ingest.send('{');
    await ingest.send(sync({ id: 'behind' }));
    expect(await idsOf(1)).toEqual(['behind']);
    await rejected.next();
  });

  it('makes the health of ingest degraded, with a hint where to look', async () => {
    await using ill = await TestIngest.start();
    await ill.send('{');
    const { body, code } = await healthUntil(
      ill.service.healthPort,
      (health) => health.body.status === 'degraded',
    );
    expect(code).toBe(200);
    expect(body.reasons).toMatchObject([
      { code: 'rejected_not_empty', message: expect.stringContaining('x-rejected-reason') },
    ]);
  });
});

describe('trouble with the broker', () => {
  it('loses no message and keeps the order, however often the connection breaks', async () => {
    await using cut = await TestIngest.start({ env: { INBOX_PREFETCH: '20' } });
    const ids = Array.from({ length: 300 }, (_, index) => `t-${index}`);
    const seen: unknown[] = [];
    const reading = (async () => {
      while (new Set(seen).size < ids.length) {
        const [next] = await cut.published.take(1);
        seen.push(next?.frame['id']);
        if (seen.length === 50 || seen.length === 150) {
          cut.proxy.cut();
          cut.proxy.heal();
        }
      }
    })();
    for (const id of ids) await cut.send(sync({ id }));
    await reading;
    expect([...new Set(seen)]).toEqual(ids);
  });

  it('gives what could not be published back, and takes it again when the broker is well', async () => {
    await using stalled = await TestIngest.start({ env: { INGEST_CONFIRM_TIMEOUT_MS: '300' } });
    stalled.proxy.stall();
    await stalled.send(sync({ id: 's-1' }));
    await stalled.send(sync({ id: 's-2' }));
    stalled.proxy.heal();
    const seen = (await stalled.published.take(2)).map(({ frame }) => frame['id']);
    expect(seen).toEqual(['s-1', 's-2']);
  });

  it('takes up the inbox again after somebody deleted it', async () => {
    await using gone = await TestIngest.start();
    await gone.channel.deleteQueue(INBOX);
    await healthUntil(gone.service.healthPort, ({ body }) =>
      body.queues.some(({ name, consumers }) => name === INBOX && consumers === 1),
    );
    await gone.send(sync({ id: 'again' }));
    expect((await gone.published.take(1))[0]?.frame).toMatchObject({ id: 'again' });
  });

  it('waits for room instead of giving messages back when too much is unconfirmed', async () => {
    await using full = await TestIngest.start({ env: { INGEST_MAX_UNCONFIRMED: '2000' } });
    const array = (start: number) =>
      Array.from({ length: 700 }, (_, index) => appointment({ id: `f-${start + index}` }));
    for (const start of [0, 700, 1400, 2100]) await full.send(array(start));
    const seen = (await full.published.take(5600)).map(({ frame }) => frame['id']);
    expect(seen.filter((id) => !String(id).endsWith(':calendar'))).toEqual(
      Array.from({ length: 2800 }, (_, index) => `f-${index}`),
    );
    expect(full.log.join('')).not.toContain('reopening');
  });
});
