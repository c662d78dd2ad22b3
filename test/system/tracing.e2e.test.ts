import { describe, expect, it } from '@jest/globals';
import { createVhostForTest } from '../support/broker.ts';
import { TestClient } from '../support/client.ts';
import { Collector, type CollectedSpan } from '../support/collector.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { webhook } from '../support/test-decider.ts';
import { tokenFor } from '../support/tokens.ts';
import { TEST_KEY, worldEnv } from '../support/world.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

/** Both services as processes that trace, a collector, and a phone of provider 4. */
async function tracedServices() {
  const vhost = await createVhostForTest();
  const collector = await Collector.start();
  const env = {
    ...worldEnv(vhost.url),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
  };
  const ingest = new ServiceProcess('ingest', env);
  const delivery = new ServiceProcess('delivery', env);
  const { httpPort, healthPort } = await ingest.said('ingest is listening');
  const { ports } = (await delivery.said('delivery is listening')) as {
    ports: { websocket: number; health: number };
  };
  for (const port of [Number(healthPort), ports.health]) {
    await healthUntil(port, isReady);
  }
  const phone = await TestClient.open(`ws://127.0.0.1:${ports.websocket}/?token=${tokenFor('provider', 4)}`);
  await phone.until({ type: 'connected' });
  return {
    phone,
    collector,
    post: (path: string, body: object) =>
      fetch(`http://127.0.0.1:${Number(httpPort)}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${TEST_KEY}`,
          traceparent: `00-${TRACE}-${CALLER}-01`,
        },
        body: JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      await phone.close();
      await ingest[Symbol.asyncDispose]();
      await delivery[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

/** Each span as `service: name` under the path of its parents. */
function paths(spans: readonly CollectedSpan[]): string[] {
  const line = (span: CollectedSpan): string => {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
    const own = `${span.service?.replace('roomcast-', '') ?? '?'}: ${span.name}`;
    return parent === undefined ? own : `${line(parent)} > ${own}`;
  };
  return spans.map(line).sort();
}

describe('with a collector', () => {
  it('one trace leads from the call through the exchange to the sockets, and goes on from the caller’s', async () => {
    await using services = await tracedServices();
    await services.post('/v1/events', appointment());
    await services.phone.until({ event: 'appointment.created' });
    const spans = await services.collector.trace(TRACE, 4);
    const call = 'ingest: POST /v1/events';
    expect(paths(spans)).toEqual([
      call,
      `${call} > ingest: publish appointments`,
      `${call} > ingest: publish appointments > delivery: deliver`,
      `${call} > ingest: publish appointments > delivery: deliver`,
    ]);
    expect(spans.find(({ name }) => name.startsWith('POST'))?.parentSpanId).toBe(CALLER);
  });

  it('a webhook’s trace goes through the inbox', async () => {
    await using services = await tracedServices();
    await services.post('/webhooks/easyappointments', webhook('appointment_save.new'));
    await services.phone.until({ event: 'appointment.created' });
    const way = 'ingest: POST /webhooks/easyappointments > ingest: process appointments.inbox';
    expect(paths(await services.collector.trace(TRACE, 5))).toContain(
      `${way} > ingest: publish appointments > delivery: deliver`,
    );
  });
});
