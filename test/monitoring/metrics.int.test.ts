import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { metricOf, metricUntil } from '../delivery/metric.ts';
import { findPromtool } from '../support/apt.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, readHealth } from '../support/health.ts';
import { skippedFor } from '../support/skipped.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => (world = await World.start({ env: { REWIND_SECONDS: '0' } })));
afterAll(() => world[Symbol.asyncDispose]());

const ports = () => [world.healthPort(), world.ingests[0]?.healthPort ?? 0] as const;
const page = async (port: number) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

const promtool = await findPromtool();

describe('the metrics of delivery', () => {
  it('count sessions by role and rooms by kind', async () => {
    const clients = [await world.join('provider', 4), await world.join('admin', 1)];
    const port = world.healthPort();
    for (const [sample, value] of [
      ['sessions{role="provider"}', 1],
      ['sessions{role="admin"}', 1],
      ['sessions{role="customer"}', 0],
      ['rooms{kind="provider"}', 1],
      ['rooms{kind="calendar"}', 1],
      ['rooms{kind="secretary"}', 0],
    ] as const) {
      expect([sample, await metricOf(port, sample)]).toEqual([sample, value]);
    }
    for (const client of clients) client.cut();
    await metricUntil(port, 'sessions{role="provider"}', 0);
  });

  it('measure each live event once from ingest to the sockets, however many they are', async () => {
    const port = world.healthPort();
    await using one = await world.join('customer', 61);
    await using other = await world.join('customer', 61);
    const before = await metricOf(port, 'end_to_end_seconds_count');
    await world.publish(appointment({ data: { id: 1, provider_id: 9, customer_id: 61 } }));
    await Promise.all([one.events(1), other.events(1)]);
    await metricUntil(port, 'end_to_end_seconds_count', before + 1);
    expect(await metricOf(port, 'end_to_end_seconds_sum')).toBeGreaterThanOrEqual(0);
  });

  it('count the bytes of the frames written, those of closed connections too', async () => {
    const port = world.healthPort();
    const before = await metricOf(port, 'bytes_sent_total');
    const client = await world.join('customer', 62);
    const open = await metricOf(port, 'bytes_sent_total');
    expect(open).toBeGreaterThan(before);
    client.cut();
    await metricUntil(port, 'sessions{role="customer"}', 0);
    expect(await metricOf(port, 'bytes_sent_total')).toBe(open);
  });
});

describe('the metrics of both services', () => {
  it('tell the state of the broker, and depth and consumers of the queues on the way', async () => {
    for (const port of ports()) {
      await healthUntil(port, ({ body: { queues } }) => queues[0]?.consumers === 1);
      const text = await page(port);
      expect(text).toContain('roomcast_broker_state{state="connected"} 1');
      expect(text).toContain('roomcast_broker_state{state="down"} 0');
      expect(text).toContain('roomcast_queue_messages{queue="appointments.inbox"} 0');
      expect(text).toContain('roomcast_queue_consumers{queue="appointments.inbox"} 1');
      expect(text).toContain('roomcast_queue_messages{queue="appointments.rejected"} 0');
    }
    expect(await page(ports()[0])).toContain('roomcast_queue_consumers{queue="own"} 1');
  });

  it('know nothing of the management API where there is none', async () => {
    for (const port of ports()) expect(await page(port)).not.toContain('roomcast_broker_alarm');
  });

  it('have no label value that an instance, a client or a backend makes up', async () => {
    const { body } = await readHealth(ports()[0]);
    const own = body.queues.find(({ name }) => name.startsWith('appointments.delivery.'))?.name;
    expect(own).toBeDefined();
    for (const port of ports()) expect(await page(port)).not.toContain(own);
  });

  const check = promtool === undefined ? it.skip : it;
  const obstacle = promtool === undefined ? 'no promtool here; apt-get install prometheus' : undefined;
  check(`pass promtool's check${skippedFor(obstacle)}`, async () => {
    for (const port of ports()) {
      const input = await page(port);
      const { status, stdout, stderr } = spawnSync(promtool ?? '', ['check', 'metrics'], {
        input,
        encoding: 'utf8',
      });
      expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
    }
  });
});
