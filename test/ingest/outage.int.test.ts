import { describe, expect, it } from '@jest/globals';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady, readHealth } from '../support/health.ts';
import { problemIn, TestIngest } from '../support/ingest.ts';

/** For each appointment. */
const TWO_MESSAGES = { CALENDAR_SYNC_APART: 'on' };

describe('without a broker', () => {
  it('answers 503 with Retry-After, says so in its health, and comes back by itself', async () => {
    await using cut = await TestIngest.start();
    cut.proxy.cut();
    const ill = await healthUntil(cut.service.healthPort, ({ body }) => body.broker.state === 'down');
    expect(ill).toMatchObject({
      code: 503,
      body: { status: 'unhealthy', broker: { state: 'down', reason: expect.any(String) } },
    });
    expect((await readHealth(cut.service.healthPort, '/health/live')).code).toBe(200);
    const response = await cut.post('/v1/events', appointment());
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await problemIn(response)).toMatchObject({ code: 'broker_unavailable' });
    expect((await cut.post('/broadcast', appointment())).status).toBe(503);

    cut.proxy.heal();
    await healthUntil(cut.service.healthPort, isReady);
    expect((await cut.post('/v1/events', appointment())).status).toBe(202);
  });

  it('refuses what was on its way when the connection broke, and a retry publishes it', async () => {
    await using cut = await TestIngest.start({ env: TWO_MESSAGES });
    const event = appointment({ id: 'on-its-way' });
    cut.proxy.stall();
    const response = cut.post('/v1/events', event);
    await cut.metricUntil('roomcast_ingest_unconfirmed', 2);
    cut.proxy.cut();
    expect((await response).status).toBe(503);
    cut.proxy.heal();
    await healthUntil(cut.service.healthPort, isReady);
    expect((await cut.post('/v1/events', event)).status).toBe(202);
    expect((await cut.published.take(1))[0]?.frame).toMatchObject({ id: 'on-its-way' });
  });
});

describe('stop', () => {
  it('answers what it took, refuses what comes then, and ends', async () => {
    await using ending = await TestIngest.start({
      env: { ...TWO_MESSAGES, INGEST_CONFIRM_TIMEOUT_MS: '20000' },
    });
    ending.proxy.stall();
    const response = ending.post('/v1/events', appointment());
    await ending.metricUntil('roomcast_ingest_unconfirmed', 2);
    const stopped = ending.service.stop();
    await expect(fetch(ending.url)).rejects.toThrow();
    ending.proxy.heal();
    expect((await response).status).toBe(202);
    await stopped;
    await ending.service.stop();
  });
});
