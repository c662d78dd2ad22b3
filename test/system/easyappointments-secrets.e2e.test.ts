import { describe, expect, it } from '@jest/globals';
import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { once } from 'node:events';
import { EXCHANGE, HISTORY, INBOX, LEDGER, REJECTED } from '../../shared/contract/topology.ts';
import { createVhostForTest } from '../support/broker.ts';
import { webhook, type WebhookBody } from '../support/test-decider.ts';
import { Probe } from '../support/ingest.ts';
import { PlantedSecrets } from '../support/planted-secrets.ts';
import { World } from '../support/world.ts';
import { fixtureEvents } from '../ingest/easyappointments/fixture-events.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);
const PATH = '/webhooks/easyappointments';
const files = fixtureEvents.map(([file]) => file);

/** Bodies that cannot be taken, each with the secrets of a provider or of an appointment in it. */
function wrongBodies(secrets: PlantedSecrets): readonly (readonly [name: string, body: string])[] {
  const provider = () => secrets.in('provider_save.with-credentials');
  const wrong = (changes: object, of: WebhookBody = provider()) =>
    JSON.stringify({ ...of, payload: { ...of.payload, ...changes } });
  const nameless = { ...provider(), action: undefined };
  const deep = JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown;
  return [
    ['without an id', wrong({ id: 0 })],
    ['of an appointment', wrong({ id: 0, location: 'control-rejected' }, secrets.in('appointment_save.new'))],
    ['cut off', JSON.stringify(provider()).slice(0, -20)],
    ['in an array', JSON.stringify([provider(), secrets.in('customer_save.new')])],
    ['without an action', JSON.stringify(nameless)],
    ['with an action that is none', JSON.stringify({ ...provider(), action: { name: provider() } })],
    ['nested too deep', wrong({ deep })],
    ['with a key that is not safe', wrong({}).replace('"id_roles"', '"__proto__"')],
    [
      'with its settings as a text',
      wrong({ id: 0, settings: JSON.stringify(provider().payload['settings']) }),
    ],
    ['with its people as rows', wrong({ id: 0, providers: [provider().payload] })],
    ['with a row for a name', wrong({ first_name: provider().payload })],
    ['of a customer', wrong({ id: 0 }, secrets.in('customer_save.new'))],
    ['too large', wrong({ description: 'x'.repeat(1_100_000) })],
  ];
}

/** A queue's messages as text, properties and headers among it. */
class Reader {
  readonly texts: string[] = [];

  private constructor(
    private readonly probe: Probe,
    private readonly stop: () => Promise<void>,
  ) {}

  static async of(model: ChannelModel, queue: string, options: { stream?: boolean } = {}): Promise<Reader> {
    const channel = await model.createChannel();
    await channel.prefetch(2_000);
    const probe = new Probe(queue);
    await channel.consume(queue, probe.onMessage, {
      ...(options.stream === true && { arguments: { 'x-stream-offset': 'first' } }),
    });
    return new Reader(probe, () => channel.close());
  }

  async take(count: number): Promise<void> {
    while (this.texts.length < count) this.texts.push(textOf(await this.probe.next()));
  }

  async until(words: string): Promise<void> {
    while (this.texts.at(-1)?.includes(words) !== true) await this.take(this.texts.length + 1);
  }

  get text(): string {
    return this.texts.join('\n');
  }

  /** What it took goes back to the queue. */
  close(): Promise<void> {
    return this.stop();
  }
}

function textOf({ content, properties, fields }: ConsumeMessage): string {
  return `${JSON.stringify({ properties, fields })}\n${content.toString()}`;
}

describe('the secrets in what Easy!Appointments sends', () => {
  it(
    'are in no message, log line, entry of a stream, answer, frame, health page or metric',
    async () => {
      await using vhost = await createVhostForTest();
      const first = await World.start({ amqpUrl: vhost.url });
      await first[Symbol.asyncDispose]();
      const model = await connect(vhost.url);
      // The first consumer of the inbox is its active one: so webhooks wait there, as while ingest is down.
      const waiting = await Reader.of(model, INBOX);
      const log: string[] = [];
      const world = await World.start({ amqpUrl: vhost.url, log });
      const channel = await model.createConfirmChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, EXCHANGE, '#');
      const exchange = await Reader.of(model, queue);
      const phone = await world.join('admin', 1);

      const secrets = new PlantedSecrets();
      const answers: string[] = [];
      const post = async (body: unknown) => {
        const response = await world.post(PATH, body);
        answers.push(`${JSON.stringify([...response.headers])}\n${await response.text()}`);
        return response.status;
      };
      let wait = 0;
      for (const file of files) {
        const body = secrets.in(file);
        expect(await post(body)).toBe(204);
        if (!/^(admin|service_category)_/.test(body.action)) wait += 1;
      }
      for (const [name, body] of wrongBodies(secrets)) {
        expect([name, await post(body)]).toEqual([name, expect.any(Number)]);
        expect(answers.at(-1)).toContain('application/problem+json');
      }
      await waiting.take(wait);
      await waiting.close();

      for (const file of files) channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(secrets.in(file))));
      const wrong = wrongBodies(secrets);
      for (const [name, body] of wrong) channel.sendToQueue(INBOX, Buffer.from(body), { messageId: name });
      await channel.waitForConfirms();
      const rejected = await Reader.of(model, REJECTED);
      await rejected.take(wrong.length);
      const control = { notes: 'control-visible', id: 900 };
      expect(await post(webhook('appointment_save.new', control))).toBe(204);
      await exchange.until('control-visible');
      await phone.until({ event: 'appointment.created' });
      expect(await post(webhook('customer_save.new', { id: 901, first_name: 'control-known' }))).toBe(204);
      const history = await Reader.of(model, HISTORY, { stream: true });
      await history.until('control-visible');
      const ledger = await Reader.of(model, LEDGER, { stream: true });
      await ledger.until('control-known');
      await phone.until({ id: await lastId(world) });

      const pages = await Promise.all(pagesOf(world).map(async (url) => (await fetch(url)).text()));
      const frames = phone.frames.map((frame) => JSON.stringify(frame)).join('\n');
      const places: readonly (readonly [place: string, text: string, control: string])[] = [
        ['the inbox, where what came over HTTP waited', waiting.text, '"notes":"First visit"'],
        ['the exchange', exchange.text, 'control-visible'],
        ['the history', history.text, 'control-visible'],
        ['the ledger', ledger.text, 'control-known'],
        ['the rejected', rejected.text, 'control-rejected'],
        ['the frames of an admin', frames, 'control-visible'],
        ['the answers', answers.join('\n'), '/payload/id'],
        ['the log', log.join(''), 'accepted an event'],
        ['health and metrics', pages.join('\n'), 'roomcast_ingest_events_accepted_total'],
      ];
      expect(secrets.all.size).toBeGreaterThan(500);
      for (const [place, text, found] of places) {
        expect([place, text.includes(found)]).toEqual([place, true]);
        expect([place, secrets.foundIn(text)]).toEqual([place, []]);
      }

      await phone.close();
      await world[Symbol.asyncDispose]();
      const gone = once(model, 'close');
      await model.close();
      await gone;
    },
    SLOW_MS,
  );
});

/** Of an event that goes to admins after everything before. */
async function lastId(world: World): Promise<string> {
  return (await world.publish({ event: 'calendar.sync', data: {}, rooms: ['admin'] })).id;
}

function pagesOf({ ingests, deliveries }: World): string[] {
  return [...ingests, ...deliveries].flatMap(({ healthPort }) =>
    ['/health', '/metrics'].map((path) => `http://127.0.0.1:${healthPort}${path}`),
  );
}
