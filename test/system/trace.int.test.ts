import { connect } from 'amqplib';
import { describe, expect, it } from '@jest/globals';
import { INBOX } from '../../shared/contract/topology.ts';
import type { TestClient } from '../support/client.ts';
import { roomcast } from '../support/command-line.ts';
import { appointment } from '../support/events.ts';
import { healthUntil } from '../support/health.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { FAR_AHEAD, webhook, type WebhookBody } from '../support/test-decider.ts';
import type { TestRole } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const TIME = String.raw`\d\d:\d\d:\d\d\.\d{3}`;
const DAY = String.raw`\d{4}-\d\d-\d\d`;

/** A world whose operator traces by the command; what it shows is `shown`, its times and connections by the names of their kinds. */
class Traced {
  private constructor(readonly world: World) {}

  static async start(): Promise<Traced> {
    return new Traced(await World.start({ env: OPERATOR_ENV }));
  }

  /** Somebody who has been given all that came before. */
  async live(role: TestRole, id: number): Promise<TestClient> {
    const { cursor } = await this.world.publish(appointment({ data: { provider_id: 1, customer_id: 1 } }));
    const client = await this.world.join(role, id, { query: { cursor } });
    await client.until({ type: 'resumed' });
    return client;
  }

  async shown(id: string): Promise<string[]> {
    const url = ['--url', `http://127.0.0.1:${this.world.ingests[0]?.httpPort ?? 0}`];
    const { code, out, err } = await roomcast(['trace', id, ...url], { env: OPERATOR_ENV });
    return code === 0 ? withoutTimes(out) : [err];
  }

  /** As HTTP answers it for people. */
  async served(id: string): Promise<string[]> {
    const answer = await new Operator(this.world).ask('GET', `events/${id}?as=text`);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    return withoutTimes(await answer.text());
  }

  /** Receipts are written within a second or so. */
  async until(id: string, holds: (lines: string[]) => boolean): Promise<string[]> {
    for (;;) {
      const lines = await this.shown(id);
      if (holds(lines)) return lines;
    }
  }

  untilLine(id: string, text: string): Promise<string[]> {
    return this.until(id, (lines) => lines.some((line) => line.includes(text)));
  }

  /** As a backend of Easy!Appointments does that publishes to the inbox itself. */
  async enqueue(messages: readonly { id: string; body: object }[]): Promise<void> {
    const model = await connect(this.world.amqpUrl);
    const channel = await model.createConfirmChannel();
    for (const { id, body } of messages)
      channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(body)), { messageId: id });
    await channel.waitForConfirms();
    await model.close();
  }

  /** Nobody is connected any more. */
  async empty(): Promise<void> {
    await healthUntil(this.world.healthPort(), ({ body }) => body.stats['active_connections'] === 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}

function withoutTimes(text: string): string[] {
  return text
    .trimEnd()
    .replaceAll(new RegExp(`${DAY} ${TIME}`, 'g'), 'DAY TIME')
    .replaceAll(new RegExp(`${DAY} \\d\\d:\\d\\d`, 'g'), 'MINUTE')
    .replaceAll(new RegExp(TIME, 'g'), 'TIME')
    .replaceAll(/connection \d+ on [^\s,]+/g, 'connection N on I')
    .replaceAll(/, [\d mins]+ late$/gm, '')
    .replaceAll(/after \d+ ms/g, 'after N ms')
    .split('\n');
}

const posted = 'POST /v1/events; confirmed after N ms';
const ROOMS = 'admin, provider_4, customer_6';

describe('the trace of an event', () => {
  it('says who was told live, and that somebody who was never here was not', async () => {
    await using traced = await Traced.start();
    await using provider = await traced.live('provider', 4);
    const { id } = await traced.world.publish(appointment({ id: 'live' }));
    await provider.events(1);
    expect(await traced.untilLine(id, 'delivered')).toEqual([
      'live   appointment.created   DAY TIME',
      `  in           ${posted}`,
      `  rooms        ${ROOMS}`,
      '  provider 4   delivered  TIME   connection N on I',
      '  customer 6   nobody     no session',
    ]);
  });

  it('says who was told late, by a resume', async () => {
    await using traced = await Traced.start();
    const { world } = traced;
    const before = await world.join('customer', 6);
    const first = await world.publish(appointment({ id: 'first' }));
    await before.events(1);
    await before.close();
    await traced.empty();
    const { id } = await world.publish(appointment({ id: 'late' }));
    expect(await traced.untilLine(id, 'customer 6   nobody')).toContain(
      '  customer 6   nobody     no session since MINUTE',
    );
    await using back = await world.join('customer', 6, { query: { cursor: first.cursor } });
    await back.events(1);
    expect((await traced.untilLine(id, 'customer 6   delivered')).at(-1)).toBe(
      '  customer 6   delivered  TIME   by resume',
    );
  });

  it('says that nobody was connected', async () => {
    await using traced = await Traced.start();
    const { id } = await traced.world.publish(appointment({ id: 'nobody' }));
    expect((await traced.untilLine(id, 'confirmed')).slice(3)).toEqual([
      '  provider 4   nobody     no session',
      '  customer 6   nobody     no session',
    ]);
    expect(await traced.served(id)).toEqual(await traced.shown(id));
  });

  it('is there for the longest id that ingest takes', async () => {
    await using traced = await Traced.start();
    const id = 'é/'.repeat(66);
    await traced.world.publish(appointment({ id }));
    expect((await traced.untilLine(id, 'confirmed'))[0]).toBe(`${id}   appointment.created   DAY TIME`);
  });

  it('says that the one whom it was for is connected in another role', async () => {
    await using traced = await Traced.start();
    await using wrong = await traced.world.join('secretary', 4);
    const { id } = await traced.world.publish(appointment({ id: 'role' }));
    expect(await traced.shown(id)).toContain(
      '  provider 4   nobody     no session; connected since MINUTE as secretary with this id',
    );
    await wrong.quiet();
  });

  it('says that it was rejected, why, and where it lies', async () => {
    await using traced = await Traced.start();
    await traced.enqueue([{ id: 'wrong', body: appointment({ event: 'appointment.lost' }) }]);
    const [head, entered, rejected] = await traced.untilLine('wrong', 'rejected');
    expect([head, entered]).toEqual([
      'wrong   rejected   DAY TIME',
      '  in           message of appointments.inbox',
    ]);
    expect(rejected).toMatch(/^ {2}rejected {5}invalid_event: .*; number 1 of roomcast rejected list$/);
  });

  it('says that a repeat was dropped', async () => {
    await using traced = await Traced.start();
    const event = appointment({ id: 'twice' });
    await traced.world.publish(event);
    await traced.world.publish(event);
    const lines = await traced.untilLine('twice', 'repeat');
    expect(lines[1]).toBe(`  in           ${posted}`);
    expect(lines.at(-1)).toBe('  repeat       dropped    TIME   POST /v1/events');
  });

  it('of a webhook that is stale says so, and so does that of its appointment', async () => {
    await using traced = await Traced.start();
    const body = (update: string): WebhookBody =>
      webhook('appointment_save.new', { ...FAR_AHEAD, update_datetime: update });
    await traced.enqueue([
      { id: 'newer', body: body('2026-11-22 23:40:00') },
      { id: 'older', body: body('2026-11-22 23:39:00') },
    ]);
    expect(await traced.untilLine('older', 'nobody was told')).toEqual([
      'older   stale   DAY TIME',
      '  in           message of appointments.inbox, save of appointment 1',
      '  told         nobody was told: it is older than what is known, or deletes what is gone',
    ]);
    const lines = await traced.untilLine('newer', 'stale');
    expect(lines[1]).toBe(
      '  in           message of appointments.inbox, save of appointment 1; confirmed after N ms',
    );
    expect(lines.at(-1)).toBe('  stale        save       TIME   message of appointments.inbox, older');
  });

  it('of an appointment that was given away names what else was told of it', async () => {
    await using traced = await Traced.start();
    const { world } = traced;
    await using provider = await traced.live('provider', 4);
    for (const name of ['appointment_save.new', 'appointment_save.update-provider-changed'])
      await world.post('/webhooks/easyappointments', webhook(name, FAR_AHEAD));
    const cancelled = await provider.until({ event: 'appointment.cancelled' });
    const id = String(cancelled['id']);
    expect(id).toMatch(/:reassigned$/);
    const original = id.replace(':reassigned', '');
    const lines = await traced.untilLine(id, 'delivered');
    expect(lines.map((line) => line.replaceAll(original, 'ID'))).toEqual([
      'ID:reassigned   appointment.cancelled   DAY TIME',
      '  in           webhook of Easy!Appointments, save of appointment 1; confirmed after N ms',
      '  rooms        provider_4',
      '  provider 4   delivered  TIME   connection N on I',
      '  also         ID   appointment.updated   admin, customer_6',
      '  also         ID:assigned   appointment.created   provider_2',
    ]);
  });

  it('says that it was written, and the connection cut before it confirmed', async () => {
    await using traced = await Traced.start();
    const { world } = traced;
    const cut = await traced.live('customer', 6);
    cut.pause();
    const { id } = await world.publish(appointment({ id: 'cut' }));
    expect((await traced.untilLine(id, 'written')).at(-1)).toBe(
      '  customer 6   written    TIME   connection N on I, not confirmed yet',
    );
    cut.cut();
    await traced.empty();
    expect((await traced.untilLine(id, 'gone')).at(-1)).toBe(
      '  customer 6   written    TIME   connection N on I, gone before it confirmed',
    );
  });

  it('says that somebody was revoked', async () => {
    await using traced = await Traced.start();
    const { world } = traced;
    const operator = new Operator(world);
    const client = await world.join('customer', 6);
    await operator.revoke({ user: 'customer:6' });
    await client.closed;
    const { id } = await world.publish(appointment({ id: 'revoked' }));
    expect((await traced.untilLine(id, 'revoked since')).at(-1)).toBe(
      '  customer 6   nobody     revoked since MINUTE',
    );
  });
});

describe('a trace', () => {
  it('is JSON for programs, by id and by cursor', async () => {
    await using traced = await Traced.start();
    const { world } = traced;
    const { id, cursor, rooms } = await world.publish(appointment({ id: 'json' }));
    const operator = new Operator(world);
    const by = async (name: string) => (await operator.ask('GET', `events/${name}`)).json();
    expect(await by(cursor)).toEqual({
      id,
      outcome: 'accepted',
      event: 'appointment.created',
      cursor,
      timestamp: expect.any(String) as unknown,
      appointment_id: expect.any(Number) as unknown,
      rooms,
      entrance: 'events',
      confirmed_at: expect.any(String) as unknown,
      repeats: [],
      parts: [],
      passed_over: [],
      people: [
        { role: 'provider', user_id: 4, stage: 'none', reason: 'no_session' },
        { role: 'customer', user_id: 6, stage: 'none', reason: 'no_session' },
      ],
      missing: [],
      complete: true,
    });
    expect(await by(id)).toEqual(await by(cursor));
    expect((await operator.ask('GET', 'events/never')).status).toBe(404);
  });

  it('says of somebody who came later, without a cursor from before, that nobody told them', async () => {
    await using traced = await Traced.start();
    const { world } = traced;
    const { id, cursor } = await world.publish(appointment({ id: 'before' }));
    await using later = await world.join('customer', 6, { query: { cursor } });
    await later.quiet();
    expect((await traced.shown(id)).at(-1)).toBe(
      '  customer 6   nobody     connected since MINUTE, later, and not with a cursor from before',
    );
  });
});
