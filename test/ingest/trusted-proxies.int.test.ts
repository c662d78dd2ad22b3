import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestIngest } from '../support/ingest.ts';

const BOOKING = '203.0.113.7';
const NO_KEY = { authorization: '' };
const WRONG_KEY = { authorization: 'Bearer wrong' };
const broadcast = { event: 'calendar.sync', data: {} };

const forwardedFor = (text: string) => ({ 'x-forwarded-for': text });
const start = (TRUSTED_PROXIES: string, env: Readonly<Record<string, string>> = {}) =>
  TestIngest.start({
    env: { TRUSTED_PROXIES, BROADCAST_TRUSTED_NETWORKS: `${BOOKING},2001:db8::/64`, ...env },
  });

function remotesIn(lines: readonly string[]): unknown[] {
  return lines.flatMap((line) => (JSON.parse(line) as { remote?: unknown }).remote ?? []);
}

describe('behind a trusted proxy', () => {
  let ingest: TestIngest;
  beforeAll(async () => {
    ingest = await start('127.0.0.1, 10.0.0.0/8, fd00::/8');
  });
  afterAll(() => ingest[Symbol.asyncDispose]());

  it.each([
    ['it names', BOOKING],
    ['it names by IPv6', '2001:db8::7'],
    ['a chain of proxies names', `${BOOKING}, 10.0.0.4, fd00::4`],
  ])('the backend that %s broadcasts without a key', async (_how, header) => {
    // nginx and others write more than one header.
    const headers = { ...NO_KEY, ...forwardedFor(header), 'x-real-ip': BOOKING, via: '1.1 proxy' };
    expect((await ingest.post('/broadcast', broadcast, headers)).status).toBe(200);
    expect(await ingest.publishedSince()).toHaveLength(1);
  });

  it.each([
    ['is somebody else', '203.0.113.8'],
    ['is somebody else who forged the address before theirs', `${BOOKING}, 203.0.113.8`],
    ['is somebody else who forged a chain', `${BOOKING}, 10.0.0.4, 203.0.113.8, 10.0.0.4`],
    ['is the backend, passing on the call of somebody else', `203.0.113.8, ${BOOKING}`],
    ['is not an address', 'unknown'],
    ['is nobody', ''],
  ])('a call whose client %s needs its key', async (_who, header) => {
    expect((await ingest.post('/broadcast', broadcast, { ...NO_KEY, ...forwardedFor(header) })).status).toBe(
      401,
    );
    expect((await ingest.post('/broadcast', broadcast, forwardedFor(header))).status).toBe(200);
    expect(await ingest.publishedSince()).toHaveLength(1);
  });

  it('a call of the proxy itself is judged by its own address', async () => {
    expect((await ingest.post('/broadcast', broadcast, NO_KEY)).status).toBe(401);
    await using near = await start('private', { BROADCAST_TRUSTED_NETWORKS: '127.0.0.1' });
    expect((await near.post('/broadcast', broadcast, NO_KEY)).status).toBe(200);
    const passedOn = { ...NO_KEY, ...forwardedFor('203.0.113.8') };
    expect((await near.post('/broadcast', broadcast, passedOn)).status).toBe(401);
  });

  it('the log of refusals names the client, and the proxy where that is not known', async () => {
    const from = ingest.log.length;
    for (const header of ['203.0.113.9', '10.9.9.9, 2001:db8::9, 10.0.0.4', 'a"b', '203.0.113.9:80'])
      await ingest.post('/v1/events', '{}', { ...WRONG_KEY, ...forwardedFor(header) });
    expect(remotesIn(ingest.log.slice(from))).toEqual([
      '203.0.113.9',
      '2001:db8::9',
      '127.0.0.1',
      '203.0.113.9',
    ]);
  });

  it('wrong keys are counted for each client, and not for the proxy', async () => {
    await using limited = await start('127.0.0.1', { INGEST_MAX_BAD_KEYS: '2' });
    const wrong = async (header: string) =>
      (await limited.post('/v1/events', '{}', { ...WRONG_KEY, ...forwardedFor(header) })).status;
    const forged = ['1.1.1.1, 203.0.113.8', '2.2.2.2, 203.0.113.8', '203.0.113.8'];
    const statuses: number[] = [];
    for (const header of forged) statuses.push(await wrong(header));
    expect(statuses).toEqual([401, 401, 429]);
    expect(await wrong('203.0.113.9')).toBe(401);
  });
});

describe('anybody else who says X-Forwarded-For', () => {
  it.each([
    ['no proxy is trusted', ''],
    ['another one is', '127.0.0.2,fd00::/8'],
  ])('is not believed: %s', async (_why, proxies) => {
    await using ingest = await start(proxies, { INGEST_MAX_BAD_KEYS: '1' });
    const headers = (address: string) => ({ ...WRONG_KEY, ...forwardedFor(address) });
    expect((await ingest.post('/broadcast', broadcast, { ...NO_KEY, ...forwardedFor(BOOKING) })).status).toBe(
      401,
    );
    expect((await ingest.post('/v1/events', '{}', headers('203.0.113.8'))).status).toBe(401);
    expect((await ingest.post('/v1/events', '{}', headers('203.0.113.9'))).status).toBe(429);
    expect(new Set(remotesIn(ingest.log))).toEqual(new Set(['127.0.0.1']));
  });
});
