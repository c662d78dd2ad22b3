import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { readConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { steadyClock } from '../../shared/service/clock.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TestClient } from '../support/client.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { tokenFor } from '../support/tokens.ts';
import { worldEnv } from '../support/world.ts';
import { metricOf } from './metric.ts';

const TRIES = 50;

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string | number;
  readonly remote_address?: string;
}

/** One delivery that publishes no mark by itself, what it logs, and a clock that a test moves. */
async function startQuietDelivery(limits: Readonly<Record<string, string>> = {}) {
  const vhost = await createVhostForTest();
  const text: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text.push(chunk.toString());
      done();
    },
  });
  let aheadMs = 0;
  let heldMs: number | undefined;
  const env = worldEnv(vhost.url, { MARK_INTERVAL_MS: '60000', ...limits });
  const service = await startDelivery(readConfig(env), {
    logger: createLogger('test', 'info', sink),
    now: () => (heldMs ?? steadyClock()) + aheadMs,
  });
  await healthUntil(service.healthPort, isReady);
  const url = `ws://127.0.0.1:${service.webSocketPort}/ws`;
  return {
    text,
    service,
    url,
    pass: (ms: number) => (aheadMs += ms),
    holdClock: () => (heldMs = steadyClock()),
    lines: () => text.map((line) => JSON.parse(line) as LogLine),
    /** What the metrics say of bindings, rooms, marks and passes over the history. */
    brokerWork: async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${service.healthPort}/metrics`)).text();
      const work = /^roomcast_delivery_(bindings|rooms|scans_total|mark_round_trip_seconds_count)\b/;
      return metrics.split('\n').filter((line) => work.test(line));
    },
    /** The mobile app: it looks at no close code and comes back. */
    byFrame: async (token: string) => {
      const client = await TestClient.open(url);
      client.send({ action: 'auth', token });
      client.send({ action: 'subscribe', room: 'provider_4' });
      return client.closed;
    },
    /** The browser. */
    byUrl: async (token: string) => (await TestClient.open(`${url}?token=${token}`)).closed,
    silent: async () => (await TestClient.open(url)).closed,
    [Symbol.asyncDispose]: async () => {
      await service.stop();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

const expired = (id = 4) => tokenFor('provider', id, { ttlSeconds: -60 });
const forged = () => tokenFor('provider', 4, { secret: 'a-secret-that-is-not-of-this-world-0' });

describe('a client that comes again and again with a dead token', () => {
  it('is refused before anything is asked of the broker', async () => {
    await using world = await startQuietDelivery();
    const before = await world.brokerWork();
    const [old, bad] = [expired(), forged()];
    for (let count = 0; count < TRIES; count += 1) {
      expect([(await world.byFrame(old)).code, (await world.byUrl(bad)).code]).toEqual([4001, 3000]);
    }
    expect(await world.brokerWork()).toEqual(before);
    const refused = await metricOf(world.service.healthPort, 'refusals_total{code="TOKEN_EXPIRED"}');
    expect(refused).toBe(TRIES);

    await using good = await TestClient.open(`${world.url}?token=${tokenFor('provider', 4)}`);
    await good.until({ type: 'connected' });
    expect(await world.brokerWork()).not.toEqual(before);
  });

  it('is one line in the log, with its address and why, and its token is in none', async () => {
    await using world = await startQuietDelivery();
    const from = world.text.length;
    const [old, bad] = [expired(), forged()];
    for (let count = 0; count < TRIES; count += 1) {
      await world.byFrame(old);
      await world.byUrl(bad);
    }
    const lines = world.lines().slice(from);
    expect(lines).toMatchObject([
      {
        level: 40,
        msg: 'refused',
        code: 'TOKEN_EXPIRED',
        remote_address: expect.stringContaining('127.0.0.1'),
      },
      {
        level: 40,
        msg: 'refused',
        code: 'AUTH_FAILED',
        remote_address: expect.stringContaining('127.0.0.1'),
      },
    ]);
    const log = world.text.join('');
    for (const part of [...old.split('.'), ...bad.split('.')]) expect(log).not.toContain(part);
  });

  it('hides nobody else behind the same address', async () => {
    await using world = await startQuietDelivery();
    const from = world.text.length;
    const [one, other] = [expired(4), expired(5)];
    for (const token of [one, other, one, other]) await world.byUrl(token);
    expect(world.lines().slice(from).length).toBe(2);
    const client = await TestClient.open(`${world.url}?token=${tokenFor('provider', 4)}`);
    await client.until({ type: 'connected' });
    await client.close();
  });

  it('is said again after an hour, with how often it came meanwhile', async () => {
    await using world = await startQuietDelivery();
    const from = world.text.length;
    const token = expired();
    for (let count = 0; count < 5; count += 1) await world.byUrl(token);
    world.pass(3_600_000);
    await world.byUrl(token);
    const refused = world
      .lines()
      .slice(from)
      .filter(({ msg }) => msg === 'refused');
    expect(refused).toMatchObject([{ refused_since_last_logged: 0 }, { refused_since_last_logged: 4 }]);
  });

  it('hides no session: the end of one that was refused other things is in the log', async () => {
    await using world = await startQuietDelivery();
    const from = world.text.length;
    const client = await TestClient.open(world.url);
    client.send({ action: 'auth', token: tokenFor('customer', 6) });
    for (let count = 0; count < 60; count += 1) client.send({ action: 'list_rooms' });
    const answers = await client.take(62);
    expect(answers.map(({ code }) => code)).toContain('RATE_LIMITED');
    await client.close();
    await healthUntil(world.service.healthPort, ({ body }) => body.stats['active_connections'] === 0);
    const said = world
      .lines()
      .slice(from)
      .map(({ msg, code }) => `${msg} ${code ?? ''}`);
    expect(said.at(-1)).toBe('connection closed 1005');
    expect(said.toSorted()).toEqual(['connection closed 1005', 'refused RATE_LIMITED', 'session opened ']);
  });

  it('is sixty lines a minute if it brings another token each time, and the next says how many were left out', async () => {
    await using world = await startQuietDelivery();
    world.holdClock();
    const from = world.text.length;
    const tokens = Array.from({ length: 2 * 60 }, (_, id) => expired(id + 1));
    for (const token of tokens) expect((await world.byUrl(token)).code).toBe(4001);
    expect(world.lines().slice(from)).toHaveLength(60);
    world.pass(60_000);
    await world.byUrl(expired(999));
    expect(world.lines().at(-1)).toMatchObject({ msg: 'refused', lines_left_out: 60 });
    const log = world.text.join('');
    for (const token of tokens) expect(log).not.toContain(token.split('.')[2]);
  });

  it('that leaves before it shows one has as many lines', async () => {
    await using world = await startQuietDelivery();
    world.holdClock();
    const from = world.text.length;
    for (let count = 0; count < 2 * 60; count += 1) await (await TestClient.open(world.url)).close();
    await healthUntil(world.service.healthPort, ({ body }) => body.stats['active_connections'] === 0);
    expect(world.lines().slice(from)).toHaveLength(60);
  });

  it('and one that never shows a token is one line as well', async () => {
    await using world = await startQuietDelivery({ AUTH_TIMEOUT_MS: '1000' });
    const from = world.text.length;
    const closes = await Promise.all([world.silent(), world.silent(), world.silent()]);
    expect(closes.map(({ code }) => code)).toEqual([4003, 4003, 4003]);
    expect(world.lines().slice(from)).toMatchObject([{ msg: 'refused', code: 'AUTH_REQUIRED' }]);
  });
});
