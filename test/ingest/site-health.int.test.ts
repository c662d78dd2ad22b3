import { describe, expect, it } from '@jest/globals';
import { REJECTED } from '../../shared/contract/topology.ts';
import { webhook } from '../support/test-decider.ts';
import { API_TOKEN, booking, FakeEasyAppointments } from '../support/easyappointments-rest.ts';
import { healthUntil, readHealth } from '../support/health.ts';
import { TestIngest } from '../support/ingest.ts';

const PATH = '/webhooks/easyappointments';
const WRONG = { authorization: 'Bearer wrong-key-planted' };
const COMPLETE = 'roomcast_ingest_reconciliations_total{outcome="complete"}';
const day = new Date(Date.now() + 3 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);

async function reasonOf(ingest: TestIngest, code: string) {
  const { body } = await readHealth(ingest.service.healthPort);
  return body.reasons.find((reason) => reason.code === code);
}

/** Resolves once health says it, or does not say it any more. */
async function saysUntil(ingest: TestIngest, code: string, isSaid = true) {
  const { body } = await healthUntil(
    ingest.service.healthPort,
    ({ body: { reasons } }) => reasons.some((reason) => reason.code === code) === isSaid,
  );
  return body.reasons.find((reason) => reason.code === code);
}

describe('a webhook with a key that is none of ours', () => {
  it.each([
    ['wrong', WRONG],
    ['missing', { authorization: '' }],
  ])('is said with its address when the key is %s, and never the key', async (_what, headers) => {
    await using ingest = await TestIngest.start();
    expect((await ingest.post(PATH, webhook('appointment_save.new'), headers)).status).toBe(401);
    const reason = await reasonOf(ingest, 'unknown_key');
    expect(reason?.message).toContain('from 127.0.0.1 was refused for its key');
    expect(reason?.since).toBeDefined();
    expect(JSON.stringify(reason)).not.toContain('planted');
  });

  it('is said also where wrong keys had been too many before it came', async () => {
    await using ingest = await TestIngest.start({ env: { INGEST_MAX_BAD_KEYS: '1' } });
    await ingest.post('/v1/events', '{}', WRONG);
    expect(await reasonOf(ingest, 'unknown_key')).toBeUndefined();
    expect((await ingest.post(PATH, webhook('appointment_save.new'), WRONG)).status).toBe(429);
    expect(await reasonOf(ingest, 'unknown_key')).toBeDefined();
  });

  it('is not said of a good key that comes too often', async () => {
    await using ingest = await TestIngest.start({ env: { INGEST_RATE_LIMIT: '1' } });
    const posts = Array.from({ length: 10 }, () => ingest.post(PATH, webhook('appointment_save.new')));
    expect((await Promise.all(posts)).map(({ status }) => status)).toContain(429);
    expect(await reasonOf(ingest, 'unknown_key')).toBeUndefined();
  });
});

describe('a webhook of another installation', () => {
  it('is set aside and said', async () => {
    await using ingest = await TestIngest.start();
    const rejected = await ingest.probe(REJECTED);
    const other = { create_datetime: '2026-11-01 08:00:00', update_datetime: '2026-11-30 08:00:00' };
    for (const changes of [{}, other])
      expect((await ingest.post(PATH, webhook('appointment_save.new', changes))).status).toBe(204);
    const { properties } = await rejected.next();
    expect(properties.headers?.['x-rejected-reason']).toMatch(/^ids_clash: \/payload\/create_datetime /);
    expect((await saysUntil(ingest, 'ids_clash'))?.message).toMatch(/one roomcast for each/);
    expect((await ingest.announcedSince()).map((frame) => frame['event'])).toEqual([
      'appointment.created',
      'calendar.sync',
    ]);
  });
});

describe('with the REST API', () => {
  const start = (site: FakeEasyAppointments) =>
    TestIngest.start({
      env: {
        EASYAPPOINTMENTS_URL: site.url,
        EASYAPPOINTMENTS_API_TOKEN: API_TOKEN,
        EASYAPPOINTMENTS_RECONCILE_MINUTES: '0',
        EASYAPPOINTMENTS_REQUEST_INTERVAL_MS: '0',
      },
    });

  it('webhooks are missing from the first change that only a comparison finds until one comes', async () => {
    await using site = await FakeEasyAppointments.start();
    site.rows.appointments = [booking(1, `${day} 10:00:00`)];
    await using ingest = await start(site);
    await ingest.metricUntil(COMPLETE, 1);
    expect(await reasonOf(ingest, 'webhooks_missing')).toBeUndefined();

    site.rows.appointments = [booking(1, `${day} 15:00:00`), booking(2, `${day} 16:00:00`)];
    await ingest.post('/v1/reconcile', {});
    expect(await saysUntil(ingest, 'webhooks_missing')).toMatchObject({
      value: 2,
      message: expect.stringMatching(/: 2\. Look at the URL/),
    });

    await ingest.post(PATH, webhook('customer_save.new'));
    await saysUntil(ingest, 'webhooks_missing', false);
  });

  it('answers with a message of PHP before their JSON are read, and said until they are clean', async () => {
    await using site = await FakeEasyAppointments.start();
    site.interfere = ({ path }, response) => {
      if (path !== 'services') return false;
      response.writeHead(200).end('<b>Warning</b>:  planted in <b>x.php</b><br />\n[]');
      return true;
    };
    await using ingest = await start(site);
    const reason = await saysUntil(ingest, 'rest_not_clean');
    expect(reason?.message).toMatch(/a message of PHP beside their JSON/);
    expect(reason?.message).not.toContain('planted');

    site.interfere = () => false;
    await ingest.post('/v1/reconcile', {});
    await saysUntil(ingest, 'rest_not_clean', false);
  });
});
