import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cursorTimeMs } from '../../shared/contract/cursor.ts';
import type { PushReceipt, Receipt } from '../../shared/contract/receipt.ts';
import { PushService } from '../../tools/push-service/push-service.ts';
import { pushEnv, SleepingPhone } from '../push/sleeping-phone.ts';
import { createVhostForTest, startOwnBroker, type TestBroker } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { receiptsUntil, type AllReceipts } from '../support/receipts.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';

const SLOW_MS = 240_000;
const EVENTS = 200;
const AFTER_S = 3;
/** Receipts are written once a second. */
const WRITTEN_S = 1;
/** After so many events push is killed, and the broker. */
const [PUSH_KILLED, BROKER_KILLED] = [71, 141];
/** Providers: the first of them have their app open. */
const CONNECTED = [1, 2, 3, 4, 5];
const ASLEEP = [6, 7, 8, 9, 10];
const PEOPLE = [...CONNECTED, ...ASLEEP];
const start = new Date(Date.now() + 86_400_000).toISOString().replace('Z', '+00:00');

let broker: TestBroker;
let amqpUrl: string;
const folder = mkdtempSync(join(tmpdir(), 'roomcast-push-'));

beforeAll(async () => {
  broker = await startOwnBroker();
  amqpUrl = (await createVhostForTest(broker.handle)).url;
}, SLOW_MS);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await broker[Symbol.asyncDispose]();
}, SLOW_MS);

const pushedTo = (people: readonly number[], { pushes }: AllReceipts) =>
  pushes.filter(([, , , user, stage]) => stage === 'pushed' && people.includes(user));
const deliveredTo = (people: readonly number[], { receipts }: AllReceipts) =>
  receipts.filter(([, , , user, stage]) => stage === 'delivered' && people.includes(user));
const keyOf = ([id, , , user]: PushReceipt | Receipt) => `${id} ${user}`;

/** As a careful backend does it: again, with the same id, until it is accepted. */
async function publish(world: World, event: object): Promise<void> {
  for (;;) {
    const answer = await world.post('/v1/events', event).catch(() => undefined);
    if (answer?.status === 202) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('who is asleep', () => {
  it(
    'is woken for all they missed and nobody else is, though push and the broker are killed',
    async () => {
      await using service = await PushService.start();
      const ca = join(folder, 'ca.pem');
      writeFileSync(ca, service.ca);
      const env = worldEnv(amqpUrl, {
        ...pushEnv([service], { PUSH_AFTER_SECONDS: String(AFTER_S) }),
        NODE_EXTRA_CA_CERTS: ca,
      });
      await using world = await World.start({ amqpUrl, env, deliveries: 2 });
      await using first = new ServiceProcess('push', env);
      await first.said('push is listening');
      const { push, read } = await killedHalfway(world, first, service, env);
      await using second = push;
      const asleep = EVENTS / 2;
      const kept = await receiptsUntil(
        amqpUrl,
        (so) => new Set(pushedTo(ASLEEP, so).map(keyOf)).size >= asleep,
      );
      // Nothing is pushed twice that was written down.
      const pushed = kept.pushes.filter(([, , , , stage]) => stage === 'pushed').map(keyOf);
      expect(pushed.length).toBe(new Set(pushed).size);
      const inTime = deliveredTo(CONNECTED, read).filter(
        ([, cursor, , , , at]) => Date.parse(at) - cursorTimeMs(cursor) < (AFTER_S - WRITTEN_S) * 1_000,
      );
      expect(inTime.length).toBeGreaterThan(asleep / 4);
      const confirmed = new Set(inTime.map(keyOf));
      expect(pushed.filter((key) => confirmed.has(key))).toEqual([]);
      expect(second.stderr).toBe('');
    },
    SLOW_MS,
  );
});

/**
 * Everybody has a phone, half of them the app open; resolves to the push that runs at the end, and to what the stream had from those
 * with the app before the broker was killed: what it is told of that while it is away, push learns too late.
 */
async function killedHalfway(
  world: World,
  push: ServiceProcess,
  service: PushService,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly push: ServiceProcess; readonly read: AllReceipts }> {
  const phones = new Map(PEOPLE.map((user) => [user, new SleepingPhone(service)]));
  for (const [user, phone] of phones) await phone.registerAt(world.host(), tokenFor('provider', user));
  for (const user of CONNECTED) await world.join('provider', user, { delivery: user % 2 });
  let running = push;
  let read: AllReceipts = { receipts: [], pushes: [], bundles: [] };
  for (let count = 0; count < EVENTS; count += 1) {
    const provider_id = PEOPLE[count % PEOPLE.length];
    await publish(
      world,
      appointment({ id: `push-${count}`, data: { provider_id, customer_id: null, start } }),
    );
    if (count + 1 === PUSH_KILLED) {
      running.signal('SIGKILL');
      await running.exited;
      running = new ServiceProcess('push', env);
    }
    if (count + 1 === BROKER_KILLED) {
      const isRead = (so: AllReceipts) => deliveredTo(CONNECTED, so).length >= Math.floor(BROKER_KILLED / 2);
      read = await receiptsUntil(amqpUrl, isRead);
      await broker.kill();
      await broker.restart();
    }
  }
  const sleeping = [...phones].filter(([user]) => ASLEEP.includes(user));
  await Promise.all(sleeping.map(([, phone]) => phone.shows(1)));
  return { push: running, read };
}
