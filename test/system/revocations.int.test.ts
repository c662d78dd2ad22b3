import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { REVOCATIONS } from '../../shared/contract/topology.ts';
import { readConfig as readDeliveryConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';
import { startIngest } from '../../services/ingest/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { enter } from '../support/enter.ts';
import { bearer } from '../support/wires.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { until } from '../support/until.ts';

const BLOCKED = { type: 'error', code: 'AUTH_FAILED' };
const nowS = () => Math.floor(Date.now() / 1_000);
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

describe('a user who is blocked', () => {
  it('is gone from every instance, with every role, and nobody else is', async () => {
    await using world = await World.start({ deliveries: 2, env: OPERATOR_ENV });
    await using one = await world.join('provider', 4, { delivery: 0 });
    await using two = await world.join('admin', 4, { delivery: 1 });
    await using customer = await world.join('customer', 4, { delivery: 0 });
    await using other = await world.join('provider', 5, { delivery: 1 });
    await new Operator(world).revoke({ user: 'provider:4' });
    for (const client of [one, two]) {
      expect(await client.until({ type: 'error' })).toMatchObject(BLOCKED);
      expect((await client.closed).code).toBe(3000);
    }
    for (const client of [customer, other]) {
      client.send({ action: 'ping' });
      await client.until({ type: 'pong' });
    }
    expect(await enter(world.webSocketUrl(1), tokenFor('provider', 4))).toBe(3000);
    expect(await enter(world.webSocketUrl(1), tokenFor('provider', 5))).toBe('connected');
  });

  it('is refused by the other transports, and with a ticket from before', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    const url = `http://${world.host()}/v1`;
    const headers = bearer(tokenFor('customer', 6));
    const { ticket } = (await (await fetch(`${url}/tickets`, { method: 'POST', headers })).json()) as {
      ticket: string;
    };
    const open = await fetch(`${url}/stream`, { headers });
    expect(open.status).toBe(200);
    await new Operator(world).revoke({ user: 'customer:6' });
    expect(await open.text()).toContain('AUTH_FAILED');
    expect((await fetch(`${url}/stream`, { headers })).status).toBe(401);
    expect((await fetch(`${url}/events`, { headers })).status).toBe(401);
    expect((await fetch(`${url}/stream?ticket=${ticket}`)).status).toBe(401);
  });

  it('stays so when all have restarted, is let in when it is over, and when the operator ends it', async () => {
    await using vhost = await createVhostForTest();
    const start = () => World.start({ amqpUrl: vhost.url, env: OPERATOR_ENV });
    const token = tokenFor('customer', 6);
    const revokes = async () => {
      await using world = await start();
      await new Operator(world).revoke({ user: 'customer:7', until: inSeconds(1) });
      return await new Operator(world).revoke({ user: 'customer:6' });
    };
    const id = await revokes();
    await using world = await start();
    expect(await enter(world.webSocketUrl(), token)).toBe(3000);
    const enters = async (token: string) => (await enter(world.webSocketUrl(), token)) === 'connected';
    await until(() => enters(tokenFor('customer', 7)));
    const operator = new Operator(world);
    expect((await operator.ask('DELETE', `revocations/${id}`)).status).toBe(204);
    await until(() => enters(token));
    expect(await (await operator.ask('GET', 'revocations')).json()).toEqual({ revocations: [] });
    expect((await operator.ask('DELETE', `revocations/${id}`)).status).toBe(404);
  });
});

describe('tokens that are outdated', () => {
  it('end with 4001, on a refresh too, and newer ones are good', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    const old = { claims: { iat: nowS() - 60 } };
    await using client = await world.join('customer', 6, old);
    await using fresh = await world.join('customer', 7);
    await new Operator(world).revoke({
      all: true,
      issued_before: new Date((nowS() - 30) * 1_000).toISOString(),
    });
    expect(await client.until({ type: 'error' })).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect((await client.closed).code).toBe(4001);
    fresh.send({ action: 'auth', token: tokenFor('customer', 7, old) });
    expect(await fresh.until({ type: 'error' })).toMatchObject({ code: 'TOKEN_EXPIRED' });
    fresh.send({ action: 'auth', token: tokenFor('customer', 7) });
    await fresh.until({ type: 'refreshed' });
    expect(await enter(world.webSocketUrl(), tokenFor('customer', 6, old))).toBe(4001);
    expect(await enter(world.webSocketUrl(), tokenFor('customer', 6, { claims: { iat: undefined } }))).toBe(
      4001,
    );
    expect(await enter(world.webSocketUrl(), tokenFor('customer', 6))).toBe('connected');
  });

  it('by their id are one, and no other of the same user', async () => {
    await using world = await World.start({ env: OPERATOR_ENV });
    await using one = await world.join('customer', 6, { claims: { jti: 'one' } });
    await using two = await world.join('customer', 6, { claims: { jti: 'two' } });
    await new Operator(world).revoke({ jti: 'one' });
    expect((await one.closed).code).toBe(4001);
    two.send({ action: 'ping' });
    await two.until({ type: 'pong' });
  });
});

describe('an instance', () => {
  it('that was cut off applies what it missed before anybody enters', async () => {
    await using vhost = await createVhostForTest();
    await using proxy = await TcpProxy.before(vhost.url);
    const logger = createLogger('test', 'silent');
    await using world = await World.start({
      amqpUrl: vhost.url,
      env: OPERATOR_ENV,
      services: {
        delivery: (env) =>
          startDelivery(readDeliveryConfig({ ...env, AMQP_URL: proxy.through(vhost.url) }), { logger }),
        ingest: (env) => startIngest(readIngestConfig(env), { logger }),
      },
    });
    await using client = await world.join('customer', 6);
    proxy.cut();
    const waiting = enter(world.webSocketUrl(), tokenFor('customer', 6));
    await new Operator(world).revoke({ user: 'customer:6' });
    proxy.heal();
    expect(await waiting).toBe(3000);
    expect((await client.closed).code).toBe(3000);
  });

  it('knows ten thousand that were there before it before it is ready, and passes over what is none', async () => {
    await using world = await World.start({ deliveries: 0, env: OPERATOR_ENV });
    const model = await connect(world.amqpUrl);
    const channel = await model.createConfirmChannel();
    const send = (line: unknown) => channel.sendToQueue(REVOCATIONS, Buffer.from(JSON.stringify(line)));
    for (let user = 1; user <= 10_000; user += 1) {
      const times = { created_at: inSeconds(0), until: inSeconds(3_600) };
      send({ revocation: { id: `r${user}`, user: `customer:${user}`, reason: 'a test', ...times } });
    }
    send({ revocation: { id: 'of a later version', group: 7 } });
    send('nothing');
    await channel.waitForConfirms();
    await model.close();
    await using late = await World.start({ amqpUrl: world.amqpUrl, ingests: 0 });
    expect(await enter(late.webSocketUrl(), tokenFor('customer', 10_000))).toBe(3000);
    expect(await enter(late.webSocketUrl(), tokenFor('customer', 10_001))).toBe('connected');
  });
});
