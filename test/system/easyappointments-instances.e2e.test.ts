import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createVhostForTest, startOwnBroker, type TestBroker } from '../support/broker.ts';
import { FAR_AHEAD, webhook, type WebhookBody } from '../support/test-decider.ts';
import { ExchangeWatch } from '../support/exchange-watch.ts';
import type { Seen } from '../support/ingest.ts';
import { IngestProcess } from '../support/ingest-process.ts';
import { announcedOf, chainOf, notesOf, nthSave } from '../support/save-chain.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);
const people = ['provider_save.new', 'secretary_save.new', 'customer_save.new', 'service_save'];

const lineOf = ({ frame, message }: Seen) => {
  const { reason } = frame['data'] as { reason?: string };
  const rooms = String(message.properties.headers?.['rooms']).replaceAll(',', ' ');
  return `${String(frame['event'])}${reason === undefined ? '' : ` (${reason})`} → ${rooms}`;
};

const idOf = ({ frame }: Seen) => Number((frame['data'] as { id?: number }).id);

async function accepted(ingest: IngestProcess, ...bodies: readonly WebhookBody[]): Promise<void> {
  for (const body of bodies) expect(await ingest.webhook(body)).toBe(204);
}

describe('all instances of ingest are killed and a new one starts', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startOwnBroker();
  }, SLOW_MS);
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
  }, SLOW_MS);

  it.each([
    ['the broker runs on', () => Promise.resolve()],
    ['the broker restarts in between', () => broker.restart()],
    [
      'the broker is killed in between',
      async () => {
        // A stream that is killed within seconds of its birth is lost to the broker itself.
        await broker.restart();
        await broker.kill();
        await broker.restart();
      },
    ],
  ])(
    'ledger and directory answer as before: %s',
    async (_name, meanwhile) => {
      const { url } = await createVhostForTest(broker.handle);
      const before = [await IngestProcess.start(url), await IngestProcess.start(url)];
      const watch = await ExchangeWatch.start(url);
      const [first, second] = before;
      for (const [index, file] of people.entries()) {
        const target = index % 2 === 0 ? first : second;
        expect(await target?.webhook(webhook(file))).toBe(204);
      }
      expect(await second?.webhook(webhook('appointment_save.update-reschedule'))).toBe(204);
      await watch.until(({ frame }) => frame['event'] === 'appointment.updated');
      await Promise.all(before.map((ingest) => ingest.kill()));
      // The last was announced, perhaps not acknowledged yet: it may be announced again, under the same id.
      const told = new Set(watch.seen.map(({ frame }) => frame['id']));
      await watch[Symbol.asyncDispose]();
      await meanwhile();

      await using ingest = await IngestProcess.start(url);
      await using after = await ExchangeWatch.start(url);
      const unchanged = webhook('appointment_save.update-reschedule', { id_google_calendar: 'synced' });
      const stale = webhook('appointment_save.new');
      const reassigned = webhook('appointment_save.update-provider-changed');
      const rest = [
        webhook('provider_save.new'),
        webhook('appointment_save.new-unicode'),
        webhook('appointment_delete', FAR_AHEAD),
      ];
      await accepted(ingest, unchanged, stale, reassigned, ...rest);
      // Changes of one appointment come in order, those of two need not: the last of each.
      const last = ['appointment.cancelled → ', 'appointment.created → '];
      while (!last.every((start) => after.seen.some((seen) => lineOf(seen).startsWith(start))))
        await after.next();
      const seen = after.seen.filter(({ frame }) => !told.has(frame['id'])).sort((a, b) => idOf(a) - idOf(b));
      expect(seen.map(lineOf)).toEqual([
        'appointment.cancelled (reassigned) → provider_4',
        'appointment.updated → admin customer_6 secretary_5',
        'appointment.created (reassigned) → provider_2',
        'appointment.cancelled → admin provider_2 customer_6 secretary_5',
        'appointment.created → admin provider_4 customer_6 secretary_5',
      ]);
      expect(seen.at(-1)?.frame['data']).toMatchObject({
        customer_name: 'Anna Kowalska',
        provider_name: 'Marta Schneider',
        service_name: 'Initial consultation',
        start: '2026-12-04T09:00:00+01:00',
      });
    },
    SLOW_MS,
  );
});

describe('two instances of ingest', () => {
  it(
    'given the updates of one appointment by turns announce each once and in order',
    async () => {
      await using vhost = await createVhostForTest();
      await using a = await IngestProcess.start(vhost.url);
      await using b = await IngestProcess.start(vhost.url);
      await using watch = await ExchangeWatch.start(vhost.url);
      const length = 60;
      for (let n = 0; n < length; n += 1) await accepted(n % 2 === 0 ? a : b, nthSave(1, n));
      await watch.until(({ frame }) => notesIn(frame) === notesOf(1, length - 1));
      expect(watch.seen.map(({ frame }) => notesIn(frame))).toEqual(chainOf(1, length));
      expect(watch.seen.map(({ frame }) => frame['event'])).toEqual([
        'appointment.created',
        ...Array.from({ length: length - 1 }, () => 'appointment.updated'),
      ]);
    },
    SLOW_MS,
  );

  it(
    'given the updates of many appointments at once announce each once and in order',
    async () => {
      await using vhost = await createVhostForTest();
      await using a = await IngestProcess.start(vhost.url);
      await using b = await IngestProcess.start(vhost.url);
      await using watch = await ExchangeWatch.start(vhost.url);
      const ids = Array.from({ length: 20 }, (_, index) => index + 1);
      const length = 20;
      const saving = ids.map(async (id) => {
        for (let n = 0; n < length; n += 1) await accepted((n + id) % 2 === 0 ? a : b, nthSave(id, n));
      });
      while (watch.seen.length < ids.length * length) await watch.next();
      await Promise.all(saving);
      for (const id of ids) {
        const own = watch.seen.filter(({ frame }) => (frame['data'] as { id?: number }).id === id);
        expect(own.map(({ frame }) => notesIn(frame))).toEqual(chainOf(id, length));
      }
    },
    SLOW_MS,
  );

  it(
    'lose nothing when the one that decides is killed in the middle: repeats have the same id, the state is right',
    async () => {
      await using vhost = await createVhostForTest();
      // The first consumer of the inbox is the active one.
      await using active = await IngestProcess.start(vhost.url);
      await using other = await IngestProcess.start(vhost.url);
      await using watch = await ExchangeWatch.start(vhost.url);
      const ids = Array.from({ length: 30 }, (_, index) => index + 1);
      const length = 20;
      const saving = ids.map(async (id) => {
        for (let n = 0; n < length; n += 1) {
          const [one, another] = (n + id) % 2 === 0 ? [active, other] : [other, active];
          // What got no answer is sent to the other instance, as a backend would that can retry.
          if ((await one.webhook(nthSave(id, n))) === 204) continue;
          expect(await another.webhook(nthSave(id, n))).toBe(204);
        }
      });
      while (watch.seen.length < (ids.length * length) / 3) await watch.next();
      expect(await active.announced()).toBeGreaterThan(0);
      expect(await other.announced()).toBe(0);
      await active.kill();
      await Promise.all(saving);
      for (const id of ids) {
        // Nothing changed since the last save: silent. The delete comes after all of the same appointment.
        await accepted(other, nthSave(id, length - 1), {
          action: 'appointment_delete',
          payload: { ...nthSave(id, length).payload, ...FAR_AHEAD },
        });
      }
      const cancelled = new Set<unknown>();
      while (cancelled.size < ids.length) {
        const { frame } = await watch.next();
        if (frame['event'] === 'appointment.cancelled') cancelled.add((frame['data'] as { id: number }).id);
      }
      for (const id of ids) {
        expect(announcedOf(id, watch.seen)).toEqual(chainOf(id, length + 1));
      }
    },
    SLOW_MS,
  );

  it(
    'hand over in order, without a repeat or a gap, when the one that decides is stopped in the middle of a backlog',
    async () => {
      await using vhost = await createVhostForTest();
      await using active = await IngestProcess.start(vhost.url, { INBOX_PREFETCH: '50' });
      await using other = await IngestProcess.start(vhost.url, { INBOX_PREFETCH: '50' });
      await using watch = await ExchangeWatch.start(vhost.url);
      const length = 600;
      await watch.backlog(Array.from({ length }, (_, n) => nthSave(1, n)));
      while (watch.seen.length < length / 6) await watch.next();
      active.service.signal('SIGTERM');
      expect(await active.service.exited).toEqual({ code: 0, signal: null });
      await watch.until(({ frame }) => notesIn(frame) === notesOf(1, length - 1));
      expect(watch.seen.map(({ frame }) => notesIn(frame))).toEqual(chainOf(1, length));
      expect(await other.announced('inbox')).toBeGreaterThan(0);
    },
    SLOW_MS,
  );
});

function notesIn(frame: Seen['frame']): unknown {
  return (frame['data'] as { notes?: string }).notes;
}
