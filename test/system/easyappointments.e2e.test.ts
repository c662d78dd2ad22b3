import { connect } from 'amqplib';
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { INBOX } from '../../shared/contract/topology.ts';
import type { Frame, TestClient } from '../support/client.ts';
import { webhook, type WebhookBody } from '../support/test-decider.ts';
import { recordedCall, replayByCurl, replayBytes } from '../support/recorded-call.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import type { TestRole } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const SLOW_MS = scaledMs(TEST_MS);
const people = ['provider_save.new', 'secretary_save.new', 'customer_save.new', 'service_save'];

/** A delete that follows a status Cancelled carries it; everything else is as it was captured. */
const cancelled = { status: 'Cancelled', update_datetime: '2026-11-22 23:33:10' };
const life: readonly (readonly [step: string, body: WebhookBody])[] = [
  ['create', webhook('appointment_save.new')],
  ['reschedule', webhook('appointment_save.update-reschedule')],
  ['provider changed', webhook('appointment_save.update-provider-changed')],
  ['status Cancelled', webhook('appointment_save.update-provider-changed', cancelled)],
  ['delete', webhook('appointment_delete', cancelled)],
];

/** What reaches each phone of the life above, in its order; `sync` is the thin calendar.sync. */
const received: Readonly<Record<string, readonly string[]>> = {
  'provider 4': [
    'appointment.created',
    'sync appointment.created',
    'appointment.updated',
    'sync appointment.updated',
    'appointment.cancelled reassigned',
    'sync appointment.cancelled',
    'sync appointment.updated',
    'sync appointment.cancelled',
    'sync appointment.cancelled',
  ],
  'provider 2': [
    'sync appointment.created',
    'sync appointment.updated',
    'sync appointment.cancelled',
    'sync appointment.updated',
    'appointment.created reassigned',
    'appointment.cancelled',
    'sync appointment.cancelled',
    'sync appointment.cancelled',
  ],
  'customer 6': [
    'appointment.created',
    'appointment.updated',
    'appointment.updated',
    'appointment.cancelled',
  ],
  'customer 7': [],
  // Of providers 2 and 4: the appointment never left her.
  'secretary 5': [
    'appointment.created',
    'sync appointment.created',
    'appointment.updated',
    'sync appointment.updated',
    'sync appointment.cancelled',
    'appointment.updated',
    'sync appointment.updated',
    'appointment.cancelled',
    'sync appointment.cancelled',
    'sync appointment.cancelled',
  ],
  'admin 1': [
    'appointment.created',
    'sync appointment.created',
    'appointment.updated',
    'sync appointment.updated',
    'sync appointment.cancelled',
    'appointment.updated',
    'sync appointment.updated',
    'appointment.cancelled',
    'sync appointment.cancelled',
    'sync appointment.cancelled',
  ],
};

type Send = (body: WebhookBody) => Promise<void>;

function overHttp(world: World): Send {
  return async (body) => {
    const response = await world.post('/webhooks/easyappointments', body);
    expect([response.status, await response.text()]).toEqual([204, '']);
  };
}

function lineOf({ event, data }: Frame): string {
  const { reason } = data as { reason?: string };
  const name = event === 'calendar.sync' ? 'sync' : String(event);
  return reason === undefined ? name : `${name} ${reason}`;
}

/** Everything that a phone got up to an event that was published after all of it. */
async function linesUntil(phone: TestClient, id: string): Promise<string[]> {
  await phone.until({ id });
  return phone.frames.filter((frame) => 'event' in frame && frame['id'] !== id).map(lineOf);
}

describe('the life of an appointment on the phones of all whom it concerns', () => {
  it.each(['HTTP', 'AMQP'])(
    'told over %s: each receives exactly what concerns it, in order',
    async (entrance) => {
      await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
      const model = await connect(world.amqpUrl);
      const channel = await model.createConfirmChannel();
      const overAmqp: Send = async (body) => {
        channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(body)));
        await channel.waitForConfirms();
      };
      const send = entrance === 'HTTP' ? overHttp(world) : overAmqp;
      await using witness = await world.join('admin', 99);
      for (const file of people) await send(webhook(file));
      await witness.until({ event: 'calendar.sync' });
      const phones = new Map<string, TestClient>();
      for (const name of Object.keys(received)) {
        const [role, id] = name.split(' ');
        phones.set(name, await world.join(role as TestRole, Number(id)));
      }
      for (const [, body] of life) await send(body);
      const last = received['admin 1']?.length ?? 0;
      await phones.get('admin 1')?.events(last);

      const rooms = ['admin', 'provider_4', 'provider_2', 'customer_6', 'customer_7', 'secretary_5'];
      await world.publish({ event: 'calendar.sync', data: {}, id: 'end', rooms });
      const lines: Record<string, string[]> = {};
      for (const [name, phone] of phones) lines[name] = await linesUntil(phone, 'end');
      expect(lines).toEqual(received);

      const shown = phones.get('customer 6')?.frames.find(({ event }) => event === 'appointment.created');
      expect(shown?.['data']).toMatchObject({
        service_name: 'Initial consultation',
        provider_name: 'Marta Schneider',
        customer_name: 'Anna Kowalska',
        start_datetime: '2026-12-03 10:00:00',
        start: '2026-12-03T10:00:00+01:00',
        end: '2026-12-03T10:45:00+01:00',
      });
      for (const phone of phones.values()) await phone.close();
      await model.close();
    },
    SLOW_MS,
  );
});

const bodies = ['appointment_save.update-reschedule', 'appointment_save.update-status-cancelled'];
const rawBody = (file: string) =>
  readFileSync(new URL(`../fixtures/easyappointments/${file}.json`, import.meta.url), 'utf8').trimEnd();

describe('the calls that Easy!Appointments 1.6.0 made, recorded and replayed', () => {
  const call = recordedCall();
  const token = new Map(call.headers).get('X-Ea-Token') ?? '';

  it('are those of its HTTP client, with the token in the header of its default', () => {
    expect(new Map(call.headers)).toEqual(
      new Map([
        ['Host', '127.0.0.1:9099'],
        ['User-Agent', 'GuzzleHttp/7'],
        ['Content-Type', 'application/json'],
        ['X-Ea-Token', '3f9c1b7e5d2a48c0'],
        ['Content-Length', String(Buffer.byteLength(call.body))],
      ]),
    );
  });

  it.each([
    ['its default header', undefined],
    ['a header that the operator chose', 'X-Booking-Secret'],
  ])(
    'byte by byte, the token in %s: 204, empty, and the phone sees the new appointment',
    async (_name, tokenHeader) => {
      await using world = await World.start({
        env: {
          INGEST_API_KEYS: `another-key-0123456789,${token},key-for-tests-only`,
          ...(tokenHeader !== undefined && { EASYAPPOINTMENTS_TOKEN_HEADER: tokenHeader }),
        },
      });
      await using phone = await world.join('customer', 6);
      const target = {
        port: world.ingests[0]?.httpPort ?? 0,
        ...(tokenHeader !== undefined && { tokenHeader }),
      };
      const answer = await replayBytes(call, target);
      expect(answer).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
      expect(answer).toMatch(/\r\n\r\n$/);
      const [event] = await phone.events(1);
      expect(event).toMatchObject({ event: 'appointment.created', data: { id: 1, notes: 'First visit' } });

      // The same socket bytes under a header that is not configured are nobody's.
      const elsewhere = await replayBytes(call, { ...target, tokenHeader: 'X-Not-Configured' });
      expect(elsewhere).toMatch(/^HTTP\/1\.1 401 /);
    },
    SLOW_MS,
  );

  it.each([
    ['its default header', undefined],
    ['a header that the operator chose', 'X-Booking-Secret'],
  ])(
    'by curl, the token in %s: the phone sees each change',
    async (_name, tokenHeader) => {
      await using world = await World.start({
        env: {
          INGEST_API_KEYS: `${token},key-for-tests-only`,
          ...(tokenHeader !== undefined && { EASYAPPOINTMENTS_TOKEN_HEADER: tokenHeader }),
        },
      });
      await using phone = await world.join('customer', 6);
      const target = {
        port: world.ingests[0]?.httpPort ?? 0,
        ...(tokenHeader !== undefined && { tokenHeader }),
      };
      const calls = [call, ...bodies.map((file) => ({ ...call, body: rawBody(file) }))];
      for (const one of calls) {
        const answer = (await replayByCurl(one, target)) ?? (await statusOf(replayBytes(one, target)));
        expect(answer).toBe('204');
      }
      const events = await phone.events(calls.length);
      const linesOf = (id: number) =>
        events.filter(({ data }) => (data as { id: number }).id === id).map(lineOf);
      expect(linesOf(1)).toEqual(['appointment.created', 'appointment.updated']);
      expect(linesOf(2)).toEqual(['appointment.cancelled']);
    },
    SLOW_MS,
  );
});

/** As curl prints it: the status, after a body that is empty. */
async function statusOf(answer: Promise<string>): Promise<string> {
  const [, status = '', body = ''] = /^HTTP\/1\.1 (\d+) [\s\S]*?\r\n\r\n([\s\S]*)$/.exec(await answer) ?? [];
  return body + status;
}
