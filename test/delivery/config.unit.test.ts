import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { DeliveryVariables, readConfig } from '../../services/delivery/config.ts';
import { ConfigError } from '../../shared/config/env.ts';

const JWT_SECRET = '9f2c61d07ab84e35f1d6a90c7b3e5248';
const required = { JWT_SECRET };

function problemsOf(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

const defaults = [
  ['HISTORY_MAX_AGE', '7D'],
  ['HISTORY_MAX_BYTES', 5_000_000_000],
  ['MAX_TOKEN_LIFETIME', '31D'],
  ['LOG_LEVEL', 'info'],
  ['DRAIN_TIMEOUT_MS', 9_000],
  ['WEBSOCKET_PORT', 8080],
  ['HEALTH_PORT', 8081],
  ['MAX_SESSIONS', 15_000],
  ['MAX_SESSIONS_PER_USER', 16],
  ['MAX_SESSIONS_PER_ADDRESS', 5_000],
  ['MAX_CONNECTS_PER_MINUTE', 600],
  ['MAX_STRANGERS', 4_000],
  ['MAX_HANDSHAKES_PER_SECOND', 1_000],
  ['MAX_HANDSHAKES_PER_SECOND_PER_ADDRESS', 200],
  ['MAX_ROOMS_PER_SESSION', 100],
  ['MAX_FRAMES_PER_MINUTE', 50],
  ['MAX_REFUSALS_PER_MINUTE', 50],
  ['MAX_FRAME_BYTES', 65_536],
  ['MAX_OUTBOX_BYTES', 1_048_576],
  ['AUTH_TIMEOUT_MS', 5_000],
  ['JOIN_TIMEOUT_MS', 30_000],
  ['PING_INTERVAL_MS', 25_000],
  ['PONG_TIMEOUT_MS', 10_000],
  ['STREAM_COMMENT_MS', 15_000],
  ['MAX_BINDINGS_PER_KIND', 500],
  ['ROOM_LINGER_MS', 60_000],
  ['AMQP_CLUSTER', 'auto'],
  ['DELIVERY_PREFETCH', 1_000],
  ['RECENT_MAX_BYTES', 33_554_432],
  ['REWIND_SECONDS', 30],
  ['REWIND_MAX_SYNCS', 2_000],
  ['REWIND_MAX_BYTES', 64 * 1024 * 1024],
  ['REPLAY_MAX_EVENTS', 50_000],
  ['REPLAY_MAX_BYTES', 33_554_432],
  ['REPLAY_PAGE_BYTES', 4_194_304],
  ['MAX_LONG_REPLAYS_PER_MINUTE', 30],
  ['REPLAY_IDLE_MS', 30_000],
  ['EVENT_NAMES', 'dotted'],
  ['CALENDAR_GATHER_MS', 50],
  ['CALENDAR_GATHER_SESSIONS', 1_000],
  ['RECEIPTS', 'on'],
  ['PUSH', 'off'],
  ['MARK_INTERVAL_MS', 5_000],
  ['DRAIN_SPREAD_MS', 5_000],
  ['STATUS_PAGE', 'on'],
  ['HEALTH_MAX_LAG_MS', 250],
  ['MONITORING_MAX_AGE_MS', 1_000],
  ['HEALTH_MAX_OWN_QUEUE', 10_000],
  ['HEALTH_MAX_LATENCY_MS', 2_000],
] as const;

describe('the defaults of delivery', () => {
  it.each(defaults)('%s is %j', (name, value) => {
    expect(DeliveryVariables.parse(required)[name]).toBe(value);
  });

  it('the broker is on this machine', () => {
    expect(readConfig(required).amqpUrl.reveal()).toBe('amqp://guest:guest@localhost:5672');
  });

  it('the table above names every variable that has one, and .env.example every variable', () => {
    const optional = {
      JWT_PUBLIC_KEYS_FILE: 'keys.pem',
      JWT_JWKS_URL: 'https://login.example.org/jwks.json',
      JWT_ISSUER: 'https://login.example.org',
      JWT_AUDIENCE: 'roomcast',
      PUSH_VAPID_PUBLIC_KEY: `B${'x'.repeat(86)}`,
    };
    const known = Object.keys(DeliveryVariables.parse({ ...required, ...optional }));
    const tabled = defaults.map(([name]) => name);
    const others = [
      'JWT_SECRET',
      'AMQP_URL',
      'STATUS_PEERS',
      'TRUSTED_PROXIES',
      'ALLOWED_ORIGINS',
      'ALLOWED_HOSTS',
      'PUSH_ALLOWED_HOSTS',
    ].concat(Object.keys(optional));
    expect(known.toSorted()).toEqual([...tabled, ...others].toSorted());
    const example = readFileSync('.env.example', 'utf8');
    expect(known.filter((name) => !new RegExp(`^${name}=`, 'm').test(example))).toEqual([]);
  });

  it('a blank variable means unset', () => {
    const config = readConfig({ ...required, WEBSOCKET_PORT: '', LOG_LEVEL: '  ', AMQP_URL: '' });
    expect([config.websocketPort, config.logLevel]).toEqual([8080, 'info']);
    expect(config.amqpUrl.reveal()).toContain('localhost');
  });

  it('variables of others are passed over', () => {
    expect(readConfig({ ...required, PATH: '/bin', INGEST_API_KEYS: '' }).websocketPort).toBe(8080);
  });

  it('nobody can change them afterwards', () => {
    expect(Object.isFrozen(readConfig(required))).toBe(true);
  });
});

describe('a variable that is not valid stops the start', () => {
  it.each([
    ['WEBSOCKET_PORT', '65536'],
    ['WEBSOCKET_PORT', '80a'],
    ['WEBSOCKET_PORT', '-1'],
    ['WEBSOCKET_PORT', '8080.5'],
    ['WEBSOCKET_PORT', '0x50'],
    ['HEALTH_PORT', 'none'],
    ['MAX_SESSIONS', '0'],
    ['MAX_FRAMES_PER_MINUTE', '1e3'],
    ['MAX_OUTBOX_BYTES', '1024'],
    ['LOG_LEVEL', 'verbose'],
    ['EVENT_NAMES', 'Underscore'],
    ['HISTORY_MAX_AGE', '7'],
    ['HISTORY_MAX_AGE', '7 days'],
    ['HISTORY_MAX_AGE', '0D'],
    ['HISTORY_MAX_BYTES', '5GB'],
    ['AMQP_URL', 'localhost:5672'],
    ['AMQP_URL', 'http://localhost:5672'],
    ['PONG_TIMEOUT_MS', '25000'],
    ['PING_INTERVAL_MS', '10000'],
    ['DRAIN_SPREAD_MS', '9000'],
  ])('%s=%s, and is named', (name, value) => {
    const related = name === 'PING_INTERVAL_MS' ? 'PONG_TIMEOUT_MS' : name;
    expect(problemsOf({ ...required, [name]: value })).toContain(`${related}: `);
  });

  it('every problem is listed at once, those between two variables too', () => {
    const problems = problemsOf({
      WEBSOCKET_PORT: 'x',
      LOG_LEVEL: 'y',
      PONG_TIMEOUT_MS: '30000',
      DRAIN_SPREAD_MS: '20000',
    });
    for (const name of ['JWT_SECRET', 'WEBSOCKET_PORT', 'LOG_LEVEL', 'PONG_TIMEOUT_MS', 'DRAIN_SPREAD_MS']) {
      expect(problems).toContain(`  ${name}: `);
    }
  });

  it('a rule between two variables is not reported when one of them cannot be read', () => {
    expect(problemsOf({ ...required, PING_INTERVAL_MS: 'x', PONG_TIMEOUT_MS: '5000' })).not.toContain(
      'PONG_TIMEOUT_MS: ',
    );
  });

  it('its value is not repeated: it may be a password', () => {
    expect(problemsOf({ ...required, AMQP_URL: 'amqp//user:pa55word@host' })).not.toContain('pa55word');
  });
});

describe('ALLOWED_ORIGINS', () => {
  const originsOf = (ALLOWED_ORIGINS: string) => readConfig({ ...required, ALLOWED_ORIGINS }).allowedOrigins;

  it.each([
    ['', []],
    ['*', ['*']],
    ['https://app.example.org', ['https://app.example.org']],
    ['http://localhost:5173, https://app.example.org', ['http://localhost:5173', 'https://app.example.org']],
    ['HTTPS://App.Example.org:443/', ['https://app.example.org']],
    ['https://bücher.example', ['https://xn--bcher-kva.example']],
    ['http://[::1]:8000', ['http://[::1]:8000']],
    ['capacitor://localhost', ['capacitor://localhost']],
  ])('%j allows %j, as browsers write them', (text, origins) => {
    expect(originsOf(text)).toEqual(origins);
  });

  it.each([
    ['app.example.org'],
    ['https://'],
    ['https://app.example.org/booking'],
    ['https://app.example.org?x'],
    ['https://app.example.org/#a'],
    ['https://user:pa55word@app.example.org'],
    ['https://*.example.org/'],
    ['*, https://app.example.org'],
    ['null'],
    [','],
  ])('%j stops the start', (text) => {
    expect(() => originsOf(text)).toThrow('ALLOWED_ORIGINS: expected * or origins');
    expect(() => originsOf(text)).not.toThrow('pa55word');
  });
});

describe('JWT_SECRET', () => {
  it.each([
    ['is missing', ''],
    ['has 31 bytes', JWT_SECRET.slice(1)],
    ['is nothing but commas', ' , ,'],
    ['has a short one among good ones', `${JWT_SECRET},short`],
    ['is a placeholder', 'change-me-change-me-change-me-change-me'],
    ['is another placeholder', 'your-jwt-secret-your-jwt-secret-1234'],
    ['is a placeholder in capitals', 'REPLACE_ME_REPLACE_ME_REPLACE_ME_REPLACE'],
  ])('that %s stops the start, with a line that makes a good one', (_what, value) => {
    const problems = problemsOf({ JWT_SECRET: value });
    expect(problems).toContain('JWT_SECRET: ');
    expect(problems).toContain('openssl rand -hex 32');
    if (value.trim() !== '' && !value.includes(' ')) expect(problems).not.toContain(value);
  });

  it.each([
    '-----BEGIN PUBLIC KEY-----MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE-----END PUBLIC KEY-----',
    '{"kty":"RSA" "n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx"}',
  ])('is no public key, with which anybody could sign: %.24s', (value) => {
    expect(problemsOf({ JWT_SECRET: value })).toContain('public keys go into JWT_PUBLIC_KEYS_FILE');
  });

  it('is measured in bytes', () => {
    expect(problemsOf({ JWT_SECRET: 'éùàñôçêüâöîåæøëï' })).toBe('');
  });

  it('may be several, for a rotation', () => {
    const other = `${JWT_SECRET}-new`;
    expect(readConfig({ JWT_SECRET: `${other}, ${JWT_SECRET} ,${other},` }).jwtSecret.reveal()).toEqual([
      other,
      JWT_SECRET,
    ]);
  });

  it('and the password of the broker do not show, however the configuration is printed', () => {
    const config = readConfig({ JWT_SECRET, AMQP_URL: 'amqp://user:pa55word@host:5672/vhost' });
    const { jwtSecret: secret, amqpUrl: url } = config;
    const printed = [
      JSON.stringify(config),
      inspect(config, { depth: 10, showHidden: true }),
      `${secret.toString()} ${String(url)}`,
      JSON.stringify(Object.entries(secret).concat(Object.entries(url))),
    ].join();
    expect(printed).toContain('[redacted]');
    expect(printed).not.toContain(JWT_SECRET);
    expect(printed).not.toContain('pa55word');
  });
});

describe('public keys', () => {
  const names = { JWT_ISSUER: 'https://login.example.org', JWT_AUDIENCE: 'roomcast' };
  const JWT_JWKS_URL = 'https://login.example.org/.well-known/jwks.json';

  it.each([{ JWT_JWKS_URL }, { JWT_PUBLIC_KEYS_FILE: 'keys.pem' }])(
    '%j stands in for JWT_SECRET',
    (source) => {
      expect(readConfig({ ...names, ...source }).jwtSecret.reveal()).toEqual([]);
      expect(problemsOf({})).toContain(
        'unless its public keys are in JWT_PUBLIC_KEYS_FILE or at JWT_JWKS_URL',
      );
    },
  );

  it.each(['JWT_ISSUER', 'JWT_AUDIENCE'])('need %s, with a secret beside them too', (name) => {
    for (const source of [{ JWT_JWKS_URL }, { JWT_PUBLIC_KEYS_FILE: 'keys.pem' }]) {
      expect(problemsOf({ ...required, ...names, ...source, [name]: '' })).toContain(`${name}: required`);
    }
    expect(problemsOf({ ...required, ...names, [name]: '' })).toBe('');
  });

  it.each([
    ['http://login.example.org/jwks.json', 'must begin with https://'],
    ['http://127.0.0.1.example.org/jwks.json', 'must begin with https://'],
    ['http://localhost.example.org/jwks.json', 'must begin with https://'],
    ['http://10.0.0.1/jwks.json', 'must begin with https://'],
    ['https://user:pa55word@login.example.org/jwks.json', 'has a user or password in it'],
    ['file:///etc/keys.json', 'must begin with https://'],
    ['login.example.org', 'must begin with https://'],
  ])('are not asked for at %s', (url, why) => {
    expect(problemsOf({ ...names, JWT_JWKS_URL: url })).toContain(`JWT_JWKS_URL: ${why}`);
    expect(problemsOf({ ...names, JWT_JWKS_URL: url })).not.toContain('pa55word');
  });

  it.each([
    'http://localhost:8090/jwks.json',
    'http://127.0.0.1/',
    'http://[::1]:80/',
    `${JWT_JWKS_URL}?tenant=4`,
  ])('may be at %s', (url) => expect(problemsOf({ ...names, JWT_JWKS_URL: url })).toBe(''));
});
