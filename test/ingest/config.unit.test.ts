import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { easyAppointmentsSettings } from '../../services/ingest/backends/easyappointments/settings.ts';
import { IngestVariables, readConfig } from '../../services/ingest/config.ts';
import { privateNetworks } from '../../shared/config/networks.ts';

const key = '7d1f09ac43be86e2';

describe('the configuration of ingest', () => {
  it('needs nothing but keys', () => {
    expect(readConfig({ INGEST_API_KEYS: key })).toMatchObject({
      ingestPort: 8082,
      healthPort: 8083,
      historyMaxAge: '7D',
      ingestMaxBodyBytes: 1_048_576,
      ingestMaxUnconfirmed: 10_000,
      ingestMaxUnconfirmedBytes: 67_108_864,
      ingestConfirmTimeoutMs: 5_000,
      ingestMaxBadKeys: 20,
      ingestRateLimit: 2_000,
      ingestBulkRate: 300,
      ingestBulkUnconfirmed: 4,
      ingestMaxLargeBodiesBytes: 8_388_608,
      ingestLargeBodiesRate: 8_388_608,
      inboxPrefetch: 50,
      repeatsMax: 100_000,
      easyappointmentsTokenHeader: 'x-ea-token',
    });
  });

  it('is frozen and prints no secret', () => {
    const config = readConfig({ INGEST_API_KEYS: `${key}, ${key}x ,`, AMQP_URL: 'amqp://u:hunter2@broker' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(inspect(config) + JSON.stringify(config)).not.toMatch(/7d1f|hunter2/);
    expect(config.ingestApiKeys.reveal()).toEqual([key, `${key}x`]);
  });

  it.each([
    undefined,
    '',
    ' , ',
    'change-me',
    'CHANGEME',
    `${key},your-api-key`,
    'secret',
    'placeholder-key',
    '7d1f09ac43be86e',
    `${key},7d1f09ac43be86e`,
  ])('refuses %p as keys', (keys) => {
    expect(() => readConfig({ INGEST_API_KEYS: keys })).toThrow(/INGEST_API_KEYS: .*openssl rand -hex 32/);
  });

  it.each(Object.keys(IngestVariables.shape))('%s stands in .env.example', (name) => {
    expect(readFileSync('.env.example', 'utf8')).toContain(`\n${name}=`);
  });

  it('lists every problem at once', () => {
    const env = {
      INGEST_PORT: '80 82',
      INBOX_PREFETCH: '0',
      EASYAPPOINTMENTS_TOKEN_HEADER: 'a b',
      LOG_LEVEL: 'loud',
    };
    for (const name of ['INGEST_API_KEYS', ...Object.keys(env)])
      expect(() => readConfig(env)).toThrow(`${name}: `);
  });
});

describe('reconciliation', () => {
  const EASYAPPOINTMENTS_URL = 'https://example.org/booking/';
  const EASYAPPOINTMENTS_API_TOKEN = 'token-of-the-api';
  const configOf = (env: Readonly<Record<string, string>>) => readConfig({ INGEST_API_KEYS: key, ...env });
  const settingsOf = (env: Readonly<Record<string, string>>) => easyAppointmentsSettings(configOf(env));

  it('is off without the two that it needs', () => {
    expect(settingsOf({}).reconciliation).toBeUndefined();
  });

  it('is on with them, with defaults below the limit of the REST API', () => {
    expect(settingsOf({ EASYAPPOINTMENTS_URL, EASYAPPOINTMENTS_API_TOKEN }).reconciliation).toMatchObject({
      site: {
        base: 'https://example.org/booking/index.php/api/v1/',
        timeoutMs: 30_000,
        maxResponseBytes: 8_388_608,
      },
      periodMs: 900_000,
      daysAhead: 90,
      maxRows: 5_000,
      intervalMs: 1_500,
    });
  });

  it.each([
    [{ EASYAPPOINTMENTS_URL }, 'EASYAPPOINTMENTS_API_TOKEN'],
    [{ EASYAPPOINTMENTS_API_TOKEN }, 'EASYAPPOINTMENTS_URL'],
  ])('with only %j does not start, and names the one that is missing', (env, missing) => {
    expect(() => configOf(env)).toThrow(`${missing}: is missing`);
  });

  it('does not call missing what is there and wrong', () => {
    expect(() => configOf({ EASYAPPOINTMENTS_URL: 'example.org', EASYAPPOINTMENTS_API_TOKEN })).toThrow(
      /EASYAPPOINTMENTS_URL: must begin with http(?![\s\S]*is missing)/,
    );
  });

  it.each(['token with blanks', 'tokén', 'change-me', 'placeholder'])('refuses the token %p', (token) => {
    expect(() => configOf({ EASYAPPOINTMENTS_URL, EASYAPPOINTMENTS_API_TOKEN: token })).toThrow(
      'EASYAPPOINTMENTS_API_TOKEN: ',
    );
  });

  it('does not print its token', () => {
    const config = configOf({ EASYAPPOINTMENTS_URL, EASYAPPOINTMENTS_API_TOKEN });
    expect(inspect(config, { depth: 10 }) + JSON.stringify(config)).not.toContain(EASYAPPOINTMENTS_API_TOKEN);
    expect(easyAppointmentsSettings(config).reconciliation?.site.token.reveal()).toBe(
      EASYAPPOINTMENTS_API_TOKEN,
    );
  });
});

describe('BROADCAST_TRUSTED_NETWORKS', () => {
  const networksOf = (networks: string) =>
    readConfig({ INGEST_API_KEYS: key, BROADCAST_TRUSTED_NETWORKS: networks }).broadcastTrustedNetworks;

  it('is nobody by default', () => {
    expect(networksOf('')).toEqual([]);
  });

  it('is a list of networks and addresses', () => {
    expect(networksOf('172.16.0.0/12, fd00::/8,10.1.2.3')).toEqual([
      { address: '172.16.0.0', prefix: 12, family: 'ipv4' },
      { address: 'fd00::', prefix: 8, family: 'ipv6' },
      { address: '10.1.2.3', prefix: 32, family: 'ipv4' },
    ]);
  });

  it.each(['docker', 'private', '172.16.0.0/12,172.16.0.0/40', '0.0.0.0/0'])('refuses %s', (networks) => {
    expect(() => networksOf(networks)).toThrow('BROADCAST_TRUSTED_NETWORKS: expected networks');
  });
});

describe('TRUSTED_PROXIES', () => {
  const proxiesOf = (proxies: string) =>
    readConfig({ INGEST_API_KEYS: key, TRUSTED_PROXIES: proxies }).trustedProxies;

  it('is nobody by default', () => {
    expect(proxiesOf('')).toEqual([]);
  });

  it('is a list of networks and addresses, private for all that are nobody else’s', () => {
    const own = { address: '203.0.113.7', prefix: 32, family: 'ipv4' };
    expect(proxiesOf('203.0.113.7')).toEqual([own]);
    expect(proxiesOf('private,203.0.113.7')).toEqual([...privateNetworks, own]);
  });

  it.each(['proxy', 'constructor', '*', '10.0.0.0/8;fd00::/8', '::/0'])('refuses %s', (proxies) => {
    expect(() => proxiesOf(proxies)).toThrow('TRUSTED_PROXIES: expected private, or addresses');
  });
});
