import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { readConfig } from '../../services/ingest/config.ts';

const key = '0123456789abcdef';

describe('the configuration of ingest', () => {
  it('needs nothing but keys', () => {
    expect(readConfig({ INGEST_API_KEYS: key })).toMatchObject({
      httpPort: 8082,
      healthPort: 8083,
      historyMaxAge: '7D',
      maxBodyBytes: 1_048_576,
      maxUnconfirmed: 10_000,
      maxUnconfirmedBytes: 67_108_864,
      confirmTimeoutMs: 5_000,
      maxBadKeys: 20,
      rateLimit: 0,
      inboxPrefetch: 200,
      maxRepeats: 100_000,
      tokenHeader: 'x-ea-token',
    });
  });

  it('is frozen and prints no secret', () => {
    const config = readConfig({ INGEST_API_KEYS: `${key}, ${key}x ,`, AMQP_URL: 'amqp://u:hunter2@broker' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(inspect(config) + JSON.stringify(config)).not.toMatch(/0123|hunter2/);
    expect(config.apiKeys.reveal()).toEqual([key, `${key}x`]);
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
  ])('refuses %p as keys', (keys) => {
    expect(() => readConfig({ INGEST_API_KEYS: keys })).toThrow(/INGEST_API_KEYS: .*openssl rand -hex 32/);
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
