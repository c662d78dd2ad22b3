import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig as readDeliveryConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';
import { startIngest } from '../../services/ingest/service.ts';
import { steadyClock } from '../../shared/service/clock.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { keySetOf, MadeKey } from '../delivery/made-keys.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TestClient } from '../support/client.ts';
import { enter } from '../support/enter.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { KeyServer } from '../support/key-server.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';

const names = { JWT_ISSUER: 'https://login.example.org', JWT_AUDIENCE: 'roomcast' };
const SECOND = 1_000;

function tokenBy(key: MadeKey): string {
  const nowS = Math.floor(Date.now() / SECOND);
  const addressees = { iss: names.JWT_ISSUER, aud: names.JWT_AUDIENCE };
  return key.sign({ ...addressees, exp: nowS + 900, user_id: 6, role: 'customer' });
}

describe('keys that the issuer publishes', () => {
  it('go away, come back as others and as garbage: no good token is sent away for good, and no bad one taken', async () => {
    const [first, second, foreign] = [MadeKey.ec('first'), MadeKey.rsa('second'), MadeKey.ec('foreign')];
    await using server = await KeyServer.start(keySetOf(first.jwk()));
    const logger = createLogger('test', 'silent');
    let shiftMs = 0;
    await using world = await World.start({
      env: { ...names, JWT_JWKS_URL: server.url },
      services: {
        delivery: (env) =>
          startDelivery(readDeliveryConfig(env), { logger, now: () => steadyClock() + shiftMs }),
        ingest: (env) => startIngest(readIngestConfig(env), { logger }),
      },
    });
    const good = tokenBy(first);
    const enters = (token: string) => enter(world.webSocketUrl(), token);
    const healthSays = (code: string | undefined) =>
      healthUntil(
        world.healthPort(),
        ({ body }) => body.reasons.find((reason) => reason.code.startsWith('keys_'))?.code === code,
      );
    await using lasting = await TestClient.open(world.webSocketUrl());
    lasting.send({ action: 'auth', token: good });
    await lasting.until({ type: 'connected' });

    await server.goAway();
    shiftMs += 600 * SECOND;
    await healthSays('keys_stale');
    const early = tokenBy(second);
    expect([await enters(good), await enters(early)]).toEqual(['connected', 1013]);

    server.answer = (response) => response.end('<!doctype html>');
    await server.comeBack();
    shiftMs += 30 * SECOND;
    expect([await enters(good), await enters(early)]).toEqual(['connected', 1013]);
    await healthSays('keys_stale');

    server.publish(keySetOf(second.jwk()));
    shiftMs += 30 * SECOND;
    expect(await enters(early)).toBe('connected');
    await healthSays(undefined);
    const withdrawn = tokenBy(first);
    const bad = [withdrawn, tokenBy(foreign), foreign.sign({}, { kid: 'second' })];
    for (const token of bad) expect(await enters(token)).toBe(1013);
    shiftMs += 30 * SECOND;
    for (const token of bad) expect(await enters(token)).toBe(3000);

    const { id } = await world.publish(appointment({ data: { customer_id: 6 } }));
    await lasting.until({ id });
  });

  it('are waited for at the start: until then their tokens are told to come back, and health is unhealthy', async () => {
    const key = MadeKey.ec('first');
    await using server = await KeyServer.start('{}');
    await using vhost = await createVhostForTest();
    const env = worldEnv(vhost.url, { ...names, JWT_SECRET: '', JWT_JWKS_URL: server.url });
    let shiftMs = 0;
    const now = () => steadyClock() + shiftMs;
    const delivery = await startDelivery(readDeliveryConfig(env), {
      logger: createLogger('test', 'silent'),
      now,
    });
    try {
      const url = `ws://127.0.0.1:${delivery.webSocketPort}/ws`;
      const { body } = await healthUntil(
        delivery.healthPort,
        ({ body }) => body.broker.state === 'connected',
      );
      expect(body).toMatchObject({ status: 'unhealthy' });
      expect(body.reasons.map(({ code }) => code)).toContain('keys_missing');
      expect(await enter(url, tokenBy(key))).toBe(1013);
      server.publish(keySetOf(key.jwk()));
      shiftMs += 30 * SECOND;
      await healthUntil(delivery.healthPort, isReady);
      expect(await enter(url, tokenBy(key))).toBe('connected');
    } finally {
      await delivery.stop();
    }
  });
});

describe('SIGHUP', () => {
  const OLD = 'c1a7f3e9b2d84650c1d7a3f9e2b84d65';
  const NEW = '5e8d2b9f3c7a1d60e4b95f28c7d03a16';
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomcast-secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes delivery read JWT_SECRET_FILE again; sessions live on, and what cannot be used changes nothing', async () => {
    await using vhost = await createVhostForTest();
    const file = join(folder, 'jwt_secret');
    writeFileSync(file, OLD);
    const env = worldEnv(vhost.url, { JWT_SECRET: '', JWT_SECRET_FILE: file });
    await using delivery = new ServiceProcess('delivery', env);
    const { ports } = (await delivery.said('delivery is listening')) as {
      ports: { websocket: number; health: number };
    };
    await healthUntil(ports.health, isReady);
    const url = `ws://127.0.0.1:${ports.websocket}/ws`;
    const enters = (secret: string) => enter(url, tokenFor('provider', 4, { secret }));
    await using lasting = await TestClient.open(`${url}?token=${tokenFor('provider', 4, { secret: OLD })}`);
    await lasting.until({ type: 'connected' });
    expect([await enters(OLD), await enters(NEW)]).toEqual(['connected', 3000]);

    writeFileSync(file, `${NEW},${OLD}`);
    delivery.signal('SIGHUP');
    await delivery.said('SIGHUP: secrets and keys were read again');
    expect([await enters(OLD), await enters(NEW)]).toEqual(['connected', 'connected']);

    writeFileSync(file, 'change-me');
    delivery.signal('SIGHUP');
    const refused = await delivery.said('SIGHUP: secrets and keys stay as they were');
    expect(refused['problem']).toContain('JWT_SECRET');
    expect([await enters(OLD), await enters(NEW)]).toEqual(['connected', 'connected']);

    writeFileSync(file, NEW);
    delivery.signal('SIGHUP');
    await delivery.said('SIGHUP: secrets and keys were read again', 2);
    expect([await enters(OLD), await enters(NEW)]).toEqual([3000, 'connected']);

    lasting.send({ action: 'ping' });
    await lasting.until({ type: 'pong' });
    expect(JSON.stringify(delivery.log)).not.toMatch(new RegExp(`${OLD}|${NEW}`));
  });

  it('makes ingest read INGEST_API_KEYS_FILE again; requests under way are finished, and what cannot be used changes nothing', async () => {
    await using vhost = await createVhostForTest();
    const file = join(folder, 'ingest_api_keys');
    writeFileSync(file, OLD);
    const env = worldEnv(vhost.url, { INGEST_API_KEYS: '', INGEST_API_KEYS_FILE: file });
    await using ingest = new ServiceProcess('ingest', env);
    const { httpPort, healthPort } = (await ingest.said('ingest is listening')) as {
      httpPort: number;
      healthPort: number;
    };
    await healthUntil(healthPort, isReady);
    const body = JSON.stringify(appointment());
    const headers = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });
    const url = `http://127.0.0.1:${httpPort}/v1/events`;
    const statusFor = async (key: string) =>
      (await fetch(url, { method: 'POST', headers: headers(key), body })).status;
    expect([await statusFor(OLD), await statusFor(NEW)]).toEqual([202, 401]);

    const underWay = request(url, {
      method: 'POST',
      headers: { ...headers(OLD), 'content-length': body.length, expect: '100-continue' },
    });
    underWay.flushHeaders();
    await once(underWay, 'continue');
    writeFileSync(file, NEW);
    ingest.signal('SIGHUP');
    await ingest.said('SIGHUP: secrets and keys were read again');
    expect([await statusFor(OLD), await statusFor(NEW)]).toEqual([401, 202]);
    underWay.end(body);
    const [answer] = (await once(underWay, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(202);

    writeFileSync(file, 'too-short');
    ingest.signal('SIGHUP');
    const refused = await ingest.said('SIGHUP: secrets and keys stay as they were');
    expect(refused['problem']).toContain('INGEST_API_KEYS');
    expect([await statusFor(OLD), await statusFor(NEW)]).toEqual([401, 202]);
    expect(JSON.stringify(ingest.log)).not.toMatch(new RegExp(`${OLD}|${NEW}`));
  });
});
