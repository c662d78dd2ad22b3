import { describe, expect, it } from '@jest/globals';
import { createVhostForTest } from '../support/broker.ts';
import {
  absence,
  API_TOKEN,
  booking,
  FakeEasyAppointments,
  resource,
} from '../support/easyappointments-rest.ts';
import type { Frame, TestClient } from '../support/client.ts';
import { webhook } from '../support/test-decider.ts';
import { readMetric } from '../support/metrics.ts';
import { World } from '../support/world.ts';
import { until } from '../support/until.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const day = new Date(Date.now() + 3 * DAY_MS).toISOString().slice(0, 10);
const COMPLETE = 'roomcast_ingest_reconciliations_total{outcome="complete"}';

async function site(): Promise<FakeEasyAppointments> {
  const backend = await FakeEasyAppointments.start();
  backend.rows.providers = [resource('provider.with-credentials')];
  backend.rows.secretaries = [resource('secretary')];
  backend.rows.customers = [resource('customer')];
  backend.rows.services = [resource('service')];
  backend.rows.appointments = [booking(1, `${day} 10:00:00`), booking(2, `${day} 12:00:00`)];
  return backend;
}

const envOf = (backend: FakeEasyAppointments) => ({
  EASYAPPOINTMENTS_URL: backend.url,
  EASYAPPOINTMENTS_API_TOKEN: API_TOKEN,
  EASYAPPOINTMENTS_RECONCILE_MINUTES: '0',
  EASYAPPOINTMENTS_REQUEST_INTERVAL_MS: '0',
});

function worldOf(backend: FakeEasyAppointments): Promise<World> {
  return World.start({ ingests: 2, env: envOf(backend) });
}

/** Beside a delivery of another world. */
function ingestsOf(backend: FakeEasyAppointments, amqpUrl: string): Promise<World> {
  return World.start({ amqpUrl, deliveries: 0, env: envOf(backend) });
}

/** Complete runs of all ingest instances. */
function runsUntil(world: World, count: number): Promise<void> {
  return until(async () => {
    const counts = await Promise.all(world.ingests.map(({ healthPort }) => readMetric(healthPort, COMPLETE)));
    return counts.reduce((sum, one) => sum + one, 0) >= count;
  });
}

async function appointmentsOf(client: TestClient, count: number): Promise<Frame[]> {
  const found: Frame[] = [];
  while (found.length < count) {
    const [frame] = await client.events(1);
    if (String(frame?.['event']).startsWith('appointment.')) found.push(frame ?? {});
  }
  return found;
}

describe('what the webhooks missed', () => {
  it('is told after a reconciliation, by one of two instances, with names; what was there before is only learned', async () => {
    await using backend = await site();
    await using world = await worldOf(backend);
    const provider = await world.join('provider', 4);
    const secretary = await world.join('secretary', 5);
    await runsUntil(world, 1);
    backend.rows.appointments = [booking(1, `${day} 15:00:00`), booking(3, `${day} 16:00:00`)];
    expect((await world.post('/v1/reconcile', {}, {}, 1)).status).toBe(202);
    for (const client of [provider, secretary]) {
      expect(await appointmentsOf(client, 3)).toMatchObject([
        {
          event: 'appointment.updated',
          data: { id: 1, start_datetime: `${day} 15:00:00`, customer_name: 'Anna Kowalska' },
        },
        { event: 'appointment.created', data: { id: 3 } },
        { event: 'appointment.cancelled', data: { id: 2 } },
      ]);
    }
    await runsUntil(world, 2);
  });

  it('of unavailabilities and blocked periods is told across a restart of ingest, and not again by a late webhook', async () => {
    await using backend = await site();
    backend.rows.unavailabilities = [absence(5, `${day} 08:00:00`), absence(6, `${day} 12:00:00`)];
    await using vhost = await createVhostForTest();
    await using phones = await World.start({ amqpUrl: vhost.url, ingests: 0 });
    const provider = await phones.join('provider', 4);
    const start = () => ingestsOf(backend, vhost.url);
    {
      await using ingests = await start();
      await runsUntil(ingests, 1);
    }
    backend.rows.unavailabilities = [absence(5, `${day} 16:00:00`)];
    const period = { start: `${day} 00:00:00`, end: `${day} 23:00:00` };
    backend.rows.blocked_periods = [resource('blocked_period', period)];
    await using ingests = await start();
    await runsUntil(ingests, 1);
    const late = { start_datetime: `${day} 16:00:00`, end_datetime: `${day} 16:00:59` };
    await ingests.post('/webhooks/easyappointments', webhook('unavailability_save.update', late));
    const { start: start_datetime, end: end_datetime } = period;
    const saved = webhook('blocked_period_save', { start_datetime, end_datetime });
    await ingests.post('/webhooks/easyappointments', saved);
    // Behind them in the inbox.
    const last = { action: 'unavailability_delete', payload: { id: 7, id_users_provider: 4 } };
    await ingests.post('/webhooks/easyappointments', last);
    expect(await provider.events(4)).toMatchObject([
      {
        event: 'calendar.sync',
        data: { reason: 'unavailability.saved', appointment_id: 5, previous_provider_id: 4 },
      },
      { data: { reason: 'unavailability.deleted', appointment_id: 6 } },
      { data: { reason: 'blocked_period.saved' } },
      { data: { reason: 'unavailability.deleted', appointment_id: 7 } },
    ]);
  });

  it('of a working plan’s exceptions is told across a restart of ingest, and not again by a late webhook', async () => {
    await using backend = await site();
    await using vhost = await createVhostForTest();
    await using phones = await World.start({ amqpUrl: vhost.url, ingests: 0 });
    const provider = await phones.join('provider', 4);
    const start = () => ingestsOf(backend, vhost.url);
    const exceptions = { [day]: { start: '09:00', end: '12:00', breaks: [] }, '2999-12-25': null };
    {
      await using ingests = await start();
      await runsUntil(ingests, 1);
    }
    const settings = { workingPlanExceptions: exceptions, caldavPassword: 'planted' };
    backend.rows.providers = [resource('provider.with-credentials', { settings })];
    {
      await using ingests = await start();
      await runsUntil(ingests, 1);
    }
    await using ingests = await start();
    await runsUntil(ingests, 1);
    const saved = { working_plan: '{}', working_plan_exceptions: JSON.stringify(exceptions) };
    await ingests.post('/webhooks/easyappointments', webhook('provider_save.new', { settings: saved }));
    // Behind it in the inbox.
    const last = { action: 'unavailability_delete', payload: { id: 7, id_users_provider: 4 } };
    await ingests.post('/webhooks/easyappointments', last);
    expect(await provider.events(2)).toMatchObject([
      { event: 'calendar.sync', data: { reason: 'provider.availability_changed', provider_id: 4 } },
      { event: 'calendar.sync', data: { reason: 'unavailability.deleted', appointment_id: 7 } },
    ]);
  });

  it('is not asked for where no site is configured', async () => {
    await using world = await World.start();
    const response = await world.post('/v1/reconcile', {});
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'reconciliation_off' });
  });
});
