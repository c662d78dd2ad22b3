import { describe, expect, it } from '@jest/globals';
import { TestClient } from '../support/client.ts';
import { UPGRADE } from '../support/raw-frames.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { metricOf } from './metric.ts';

/** How an upgrade is answered, head and body. */
async function upgradeAt(world: World, path = '/', headers = ''): Promise<string> {
  await using socket = await RawSocket.open(Number(world.host().split(':')[1]));
  socket.write(UPGRADE.replace('GET / HTTP/1.1\r\n', `GET ${path} HTTP/1.1\r\n${headers}`));
  const answer = await socket.until((received) => received.includes('\r\n\r\n'));
  return answer.toString().startsWith('HTTP/1.1 101') ? answer.toString() : await socket.answer();
}

const calls = [
  ['GET', '/v1/stream'],
  ['GET', '/v1/events'],
  ['POST', '/v1/tickets'],
] as const;

const problemIn = (answer: string) =>
  JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as Record<string, unknown>;

describe('more handshakes than an instance takes in a second', () => {
  const env = { MAX_HANDSHAKES_PER_SECOND: '1', REWIND_SECONDS: '0' };

  it('are told to come back later, upgrade or request, and whoever is there notices nothing', async () => {
    await using world = await World.start({ env });
    await using client = await world.join('customer', 6);
    let upgrade = '';
    while (!upgrade.startsWith('HTTP/1.1 503')) upgrade = await upgradeAt(world);
    expect(Number(/\r\nRetry-After: (\d+)\r\n/.exec(upgrade)?.[1])).toBeGreaterThan(0);
    expect(problemIn(upgrade)).toMatchObject({ status: 503, code: 'overloaded' });
    for (const [method, path] of calls) {
      let answer = await fetch(`http://${world.host()}${path}`, { method });
      while (answer.status !== 503) answer = await fetch(`http://${world.host()}${path}`, { method });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ code: 'overloaded' });
    }
    expect(await metricOf(world.healthPort(), 'refusals_total{code="OVERLOADED"}')).toBeGreaterThan(3);
    expect(await client.quiet()).toEqual([]);
  });
});

it('a user who was told how long to wait and comes before that gets no handshake', async () => {
  await using world = await World.start({ env: { MAX_CONNECTS_PER_MINUTE: '1', REWIND_SECONDS: '0' } });
  const path = `/ws?token=${tokenFor('customer', 6)}`;
  await using first = await TestClient.open(`ws://${world.host()}${path}`);
  await first.until({ type: 'connected' });
  const second = await TestClient.open(`ws://${world.host()}${path}`);
  expect(await second.closed).toMatchObject({ code: 4008 });
  const third = await upgradeAt(world, path);
  expect(third).toMatch(/^HTTP\/1.1 429 Too Many Requests\r\n/);
  expect(Number(/\r\nRetry-After: (\d+)\r\n/.exec(third)?.[1])).toBeGreaterThan(0);
  expect(problemIn(third)).toMatchObject({ code: 'rate_limited' });
  const other = await upgradeAt(world, `/ws?token=${tokenFor('customer', 7)}`);
  expect(other).toMatch(/^HTTP\/1.1 101 /);
  expect(await first.quiet()).toEqual([]);
});

describe('the origin of a page', () => {
  const from = (world: World, origin: string) => upgradeAt(world, '/', `Origin: ${origin}\r\n`);

  it('is no matter to a WebSocket while ALLOWED_ORIGINS is not set', async () => {
    await using world = await World.start();
    for (const origin of ['https://evil.example', 'capacitor://localhost', 'null']) {
      expect(await from(world, origin)).toMatch(/^HTTP\/1.1 101 /);
    }
  });

  it('must be in ALLOWED_ORIGINS where that is set, or be our own host; what sends none is no page', async () => {
    const env = { ALLOWED_ORIGINS: 'https://app.example.org,capacitor://localhost' };
    await using world = await World.start({ env });
    for (const origin of ['https://app.example.org', 'capacitor://localhost', 'http://x', 'https://x:8443']) {
      expect(await from(world, origin)).toMatch(/^HTTP\/1.1 101 /);
    }
    expect(await upgradeAt(world)).toMatch(/^HTTP\/1.1 101 /);
    for (const origin of ['https://evil.example', 'https://app.example.org.evil.example', 'null', 'x', '']) {
      const answer = await from(world, origin);
      expect(answer).toMatch(/^HTTP\/1.1 403 /);
      expect(problemIn(answer)).toMatchObject({ code: 'origin_not_allowed' });
      expect(answer).toContain('ALLOWED_ORIGINS');
    }
    const refused = await metricOf(world.healthPort(), 'refusals_total{code="ORIGIN_NOT_ALLOWED"}');
    expect(refused).toBe(5);
  });

  it('may be any with ALLOWED_ORIGINS=*', async () => {
    await using world = await World.start({ env: { ALLOWED_ORIGINS: '*' } });
    expect(await from(world, 'null')).toMatch(/^HTTP\/1.1 101 /);
  });
});
