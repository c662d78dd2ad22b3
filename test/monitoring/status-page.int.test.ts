import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InstanceStatus, type StatusDocument } from '../../shared/monitoring/status.ts';
import { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { World } from '../support/world.ts';
import { until } from '../support/until.ts';

let world: World;
beforeAll(async () => (world = await World.start({ env: { REWIND_SECONDS: '0' } })));
afterAll(() => world[Symbol.asyncDispose]());

const ingestPort = () => world.ingests[0]?.healthPort ?? 0;
const at = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`);
const documentAt = async (port: number, query = '') =>
  (await (await at(port, `/status.json${query}`)).json()) as StatusDocument;

/** Polls, as the page does, until it has samples. */
async function withSamples(port: number): Promise<StatusDocument> {
  let document = await documentAt(port);
  await until(async () => {
    document = await documentAt(port);
    return document.self.series.at_ms.length > 1;
  });
  return document;
}

describe('the status page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/status/status.css', 'text/css; charset=utf-8'],
    ['/status/status.js', 'text/javascript; charset=utf-8'],
    ['/status/card.js', 'text/javascript; charset=utf-8'],
    ['/status/path.js', 'text/javascript; charset=utf-8'],
    ['/status/plots.js', 'text/javascript; charset=utf-8'],
    ['/status/tables.js', 'text/javascript; charset=utf-8'],
    ['/status/dom.js', 'text/javascript; charset=utf-8'],
    ['/status/words.js', 'text/javascript; charset=utf-8'],
    ['/status/operators.js', 'text/javascript; charset=utf-8'],
    ['/status/operator-calls.js', 'text/javascript; charset=utf-8'],
    ['/status/operator-view.js', 'text/javascript; charset=utf-8'],
    ['/status/operator-words.js', 'text/javascript; charset=utf-8'],
    ['/status/latest-events.js', 'text/javascript; charset=utf-8'],
    ['/status/uplot.js', 'text/javascript; charset=utf-8'],
    ['/status/uplot.css', 'text/css; charset=utf-8'],
    ['/status/icon.svg', 'image/svg+xml'],
  ])('%s is served by both services as %s, and may load nothing from elsewhere', async (path, type) => {
    for (const port of [world.healthPort(), ingestPort()]) {
      const response = await at(port, path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('asks for nothing that is not served', async () => {
    const html = await (await at(world.healthPort(), '/')).text();
    const asked = [...html.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, path = '']) => path);
    expect(asked.length).toBeGreaterThan(4);
    for (const path of new Set(asked))
      expect([path, (await at(world.healthPort(), path)).status]).toEqual([path, 200]);
  });

  it('is not there when it is off; health and metrics are', async () => {
    await using off = await World.start({ amqpUrl: world.amqpUrl, env: { STATUS_PAGE: 'off' } });
    for (const port of [off.healthPort(), off.ingests[0]?.healthPort ?? 0]) {
      const codes = ['/', '/status.json', '/status/status.js', '/health', '/metrics'].map(
        async (path) => (await at(port, path)).status,
      );
      expect(await Promise.all(codes)).toEqual([404, 404, 404, 200, 200]);
    }
  });
});

describe('the numbers of the page', () => {
  it('are the health report, and a column of samples for each line of a plot', async () => {
    const { self } = await withSamples(world.healthPort());
    expect(InstanceStatus.safeParse(self).success).toBe(true);
    expect([self.service, self.report.status]).toEqual(['delivery', 'healthy']);
    expect(Object.keys(self.series.columns).toSorted()).toEqual(
      [
        ...['events_per_second', 'frames_per_second', 'latency_p50_ms', 'latency_p99_ms', 'sessions'],
        ...['own_queue', 'inbox', 'rejected', 'lag_ms'],
      ].toSorted(),
    );
    const { self: ingest } = await withSamples(ingestPort());
    expect(Object.keys(ingest.series.columns).toSorted()).toEqual(
      [
        ...['accepted_per_second', 'refused_per_second', 'confirm_p50_ms', 'confirm_p99_ms', 'unconfirmed'],
        ...['own_queue', 'inbox', 'rejected', 'lag_ms'],
      ].toSorted(),
    );
    expect(ingest.series.columns['inbox']?.at(-1)).toBe(0);
  });

  it('count an appointment once, whose companion comes besides', async () => {
    await using staff = await world.join('provider', 4);
    for (let n = 0; n < 3; n += 1) await world.publish(appointment());
    await staff.events(6);
    const metrics = await (await at(world.healthPort(), '/metrics')).text();
    expect(metrics).toMatch(/^roomcast_delivery_events_total 6$/m);
    expect(metrics).toMatch(/^roomcast_delivery_companions_total 3$/m);
  });

  it('say by kind who is there, who resumed, why connections closed and what was refused', async () => {
    await using staff = await world.join('secretary', 8);
    await using resumed = await world.connect('customer', 6, { query: { cursor: 'none of ours' } });
    await resumed.until({ event: 'calendar.sync' });
    const stranger = await TestClient.open(`${world.webSocketUrl()}?token=none`);
    await stranger.closed;
    const { status } = await world.post('/v1/events', {}, { authorization: 'Bearer wrong' });
    expect([status, (await staff.quiet()).length]).toEqual([401, 0]);
    const { self } = await documentAt(world.healthPort());
    expect(self.counts).toMatchObject({
      sessions: { admin: 0, secretary: 1, customer: 1 },
      resumes: { invalid: 1, gaps: 1 },
      closes: { 3000: 1 },
      refusals: { AUTH_FAILED: 1 },
    });
    expect((await documentAt(ingestPort())).self.counts).toEqual({ refusals: { unauthorized: 1 } });
  });

  it('are only those that a page does not have', async () => {
    const { self } = await withSamples(world.healthPort());
    const newest = self.series.at_ms.at(-1) ?? 0;
    const later = await documentAt(world.healthPort(), `?since=${self.instance}:${newest}`);
    expect(later.self.series.at_ms.filter((atMs) => atMs <= newest)).toEqual([]);
    const other = await documentAt(world.healthPort(), `?since=somebody-else:${newest}`);
    expect(other.self.series.at_ms).toEqual(expect.arrayContaining(self.series.at_ms));
  });

  it.each(['?since=%00', '?since=:', '?since=a:b', '?scope=everything', '?since=a&since=b'])(
    'come for a question as odd as %s too',
    async (query) => {
      expect((await at(world.healthPort(), `/status.json${query}`)).status).toBe(200);
    },
  );
});

describe('the other services on the page', () => {
  const withPeers = (peers: string) =>
    World.start({ amqpUrl: world.amqpUrl, ingests: 0, env: { STATUS_PEERS: peers } });

  it('are asked by this one, each once', async () => {
    const url = `http://127.0.0.1:${ingestPort()}`;
    await using other = await withPeers(`${url},${url}/,http://localhost:${ingestPort()}`);
    const { peers } = await documentAt(other.healthPort());
    expect(peers).toMatchObject([{ status: { service: 'ingest', report: { status: 'healthy' } } }]);
  });

  it('are shown by their health where their page is off', async () => {
    await using off = await World.start({
      amqpUrl: world.amqpUrl,
      deliveries: 0,
      env: { STATUS_PAGE: 'off' },
    });
    await using other = await withPeers(`http://127.0.0.1:${off.ingests[0]?.healthPort ?? 0}`);
    const { peers } = await documentAt(other.healthPort());
    expect(peers).toMatchObject([{ status: { service: 'ingest', series: { at_ms: [] } } }]);
  });

  it('that cannot be reached are named with why, in about a second', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    const strange = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(strange, 'listening')]);
    const hosts = [silent, strange].map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
    await using other = await withPeers(
      ['127.0.0.1:1', 'no-such-host.invalid', ...hosts].map((host) => `http://${host}`).join(),
    );
    const { peers } = await documentAt(other.healthPort());
    for (const server of [silent, strange]) {
      server.closeAllConnections();
      server.close();
    }
    const since: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(peers).toEqual([
      { url: '127.0.0.1:1', failure: expect.any(String), since },
      { url: 'no-such-host.invalid', failure: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/), since },
      { url: hosts[0], failure: 'no answer within 1 s', since },
      { url: hosts[1], failure: 'what answers there is no health port of roomcast', since },
    ]);
  });
});
