import { describe, expect, it } from '@jest/globals';
import { readConfig as readDeliveryConfig } from '../../services/delivery/config.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';
import { ConfigError } from '../../shared/config/env.ts';

const required = {
  JWT_SECRET: '9f2c61d07ab84e35f1d6a90c7b3e5248',
  INGEST_API_KEYS: '7d1f09ac43be86e2',
};
const services = { delivery: readDeliveryConfig, ingest: readIngestConfig };
type Service = keyof typeof services;

function problemsOf(
  service: Service,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  try {
    services[service]({ ...required, ...env });
    return {};
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ name, message }) => [name, message]));
  }
}

const PASSWORD = 'pa55word';
const token = { EASYAPPOINTMENTS_API_TOKEN: 'token-of-the-api' };

describe('a URL that can never work stops the start and says what to write', () => {
  it.each([
    [
      'AMQP_URL',
      'localhost:5672',
      'must begin with amqp:// or amqps://, such as amqp://user:password@host:5672/vhost',
    ],
    ['AMQP_URL', `http://user:${PASSWORD}@host`, 'must begin with amqp://'],
    ['AMQP_URL', `amqp//user:${PASSWORD}@host`, 'must begin with amqp://'],
    ['AMQP_URL', 'amqp://', 'names no host'],
    ['AMQP_URL', 'amqp:///vhost', 'names no host'],
    ['AMQP_URL', 'amqp://ho st', 'is no URL with a host and a port'],
    ['AMQP_URL', `amqp://user:${PASSWORD}@host:65536`, 'a port from 1 to 65535'],
    ['AMQP_URL', `amqp://user:${PASSWORD}@host:x`, 'a port from 1 to 65535'],
    ['AMQP_URL', `amqp://user:${PASSWORD}@host:0`, 'has port 0'],
    ['AMQP_URL', `amqp://user:${PASSWORD}%@host`, 'write it as %25'],
    ['AMQP_URL', `amqp://user:${PASSWORD}@host/%zz`, 'write it as %25'],
    ['AMQP_URL', `amqp://user:${PASSWORD}/1@host`, '%2F'],
    ['AMQP_URL', `amqp://user:1/${PASSWORD}@host`, 'ends early at one of / ? #'],
    ['AMQP_URL', `amqp://user:1?${PASSWORD}@host`, 'ends early at one of / ? #'],
    ['AMQP_URL', `amqp://user:1#${PASSWORD}@host`, 'ends early at one of / ? #'],
    ['AMQP_URL', `amqp://user:${PASSWORD},1@host`, 'and a comma as'],
    ['AMQP_URL', 'amqp://one, amqp://two,', 'URL 3 of 3 is blank'],
    ['AMQP_URL', `amqp://one,amqp://user:${PASSWORD}@two:0`, 'URL 2 of 2 has port 0'],
    ['AMQP_URL', 'amqp://host?heartbeat=soon', 'write ?heartbeat=5'],
    ['AMQP_URL', 'amqp://host?heartbeat=65536', 'write ?heartbeat=5'],
    ['RABBITMQ_MANAGEMENT_URL', `amqp://user:${PASSWORD}@host`, 'must begin with http:// or https://'],
    ['RABBITMQ_MANAGEMENT_URL', `http://user:${PASSWORD}@host:99999`, 'a port from 1 to 65535'],
    ['RABBITMQ_MANAGEMENT_URL', `http://user:${PASSWORD}@host:15672/api/`, 'has /api or a query'],
    ['RABBITMQ_MANAGEMENT_URL', `http://user:${PASSWORD}@host:15672/?x=1`, 'has /api or a query'],
    ['RABBITMQ_MANAGEMENT_URL', `http://user:${PASSWORD}%%@host`, 'write it as %25'],
    ['RABBITMQ_MANAGEMENT_URL', `http://user:1#${PASSWORD}@host`, 'ends early'],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'collector:4318',
      'must begin with http:// or https://, such as http://collector:4318',
    ],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', `http://user:${PASSWORD}@collector:4318`, 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318/v1/traces', 'which is put there by itself'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318?a=b', 'which is put there by itself'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:0', 'has port 0'],
    ['STATUS_PEERS', 'ingest:8083', 'must begin with http:// or https://, such as http://ingest:8083'],
    ['STATUS_PEERS', 'http://one:8083,http://two:0', 'URL 2 of 2 has port 0'],
    ['STATUS_PEERS', `http://user:${PASSWORD}@ingest:8083`, 'a health port asks for none'],
    ['STATUS_PEERS', 'http://ingest:8083/health', 'write it as http://ingest:8083'],
    ['STATUS_PEERS', 'http://ingest:8083?x', 'write it as http://ingest:8083'],
    ['STATUS_PEERS', ' , ', 'expected URLs of health ports'],
  ])('%s=%s', (name, value, expected) => {
    for (const service of ['ingest', 'delivery'] as const) {
      const problems = problemsOf(service, { [name]: value });
      expect(Object.keys(problems)).toEqual([name]);
      expect(problems[name]).toContain(expected);
      expect(problems[name]).not.toContain(PASSWORD);
    }
  });

  it.each([
    ['example.org/booking', 'must begin with http:// or https://, such as https://example.org/booking'],
    ['ftp://example.org', 'must begin with http://'],
    [`https://admin:${PASSWORD}@example.org`, 'has a user or password in it'],
    ['https://example.org:0', 'has port 0'],
    ['https://example.org:65536/', 'a port from 1 to 65535'],
    ['https://', 'is no URL with a host'],
    ['https://example.org/?lang=de', 'without a query'],
    ['https://example.org/#a', 'expected something like https://example.org/booking'],
  ])('EASYAPPOINTMENTS_URL=%s', (url, expected) => {
    const problems = problemsOf('ingest', { ...token, EASYAPPOINTMENTS_URL: url });
    expect(Object.keys(problems)).toEqual(['EASYAPPOINTMENTS_URL']);
    expect(problems['EASYAPPOINTMENTS_URL']).toContain(expected);
    expect(problems['EASYAPPOINTMENTS_URL']).not.toContain(PASSWORD);
  });

  it.each([
    ['AMQP_URL', 'amqp://host'],
    ['AMQP_URL', 'amqps://user:p%40ss%2F%25@[::1]:5671/%2Fvhost?heartbeat=0'],
    ['AMQP_URL', 'amqp://user@one:5672/a/b, amqp://user:p@two:5672/team@site'],
    ['AMQP_URL', 'AMQP://rabbit_mq.example.org/'],
    ['RABBITMQ_MANAGEMENT_URL', 'https://monitor:p%40ss@host/rabbitmq/'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://example.org/otlp/'],
    ['STATUS_PEERS', 'http://ingest:8083/, https://[::1]:8081'],
  ])('and one that can is taken: %s=%s', (name, value) => {
    expect(problemsOf('ingest', { [name]: value })).toEqual({});
    expect(problemsOf('delivery', { [name]: value })).toEqual({});
  });
});

describe('settings that can never work together', () => {
  const both: readonly Service[] = ['ingest', 'delivery'];

  it.each([
    [['delivery'], { WEBSOCKET_PORT: '8081' }, 'WEBSOCKET_PORT', 'is the same port as HEALTH_PORT'],
    [
      ['ingest'],
      { INGEST_PORT: '9000', HEALTH_PORT: '9000' },
      'INGEST_PORT',
      'is the same port as HEALTH_PORT',
    ],
    [['delivery'], { PONG_TIMEOUT_MS: '25000' }, 'PONG_TIMEOUT_MS', 'must be less than PING_INTERVAL_MS'],
    [['delivery'], { DRAIN_SPREAD_MS: '9000' }, 'DRAIN_SPREAD_MS', 'must be less than DRAIN_TIMEOUT_MS'],
    [both, { STOP_GRACE_PERIOD: '9s' }, 'DRAIN_TIMEOUT_MS', 'must be less than STOP_GRACE_PERIOD'],
    [both, { STOP_GRACE_PERIOD: '1m', DRAIN_TIMEOUT_MS: '60000' }, 'DRAIN_TIMEOUT_MS', 'STOP_GRACE_PERIOD'],
    [both, { STOP_GRACE_PERIOD: '20' }, 'STOP_GRACE_PERIOD', 'expected a time such as 20s'],
    [['delivery'], { REWIND_SECONDS: '3601', HISTORY_MAX_AGE: '1h' }, 'REWIND_SECONDS', 'HISTORY_MAX_AGE'],
  ] as const)('of %j: %j', (concerned, env, name, expected) => {
    for (const service of concerned) {
      const problems = problemsOf(service, env);
      expect(Object.keys(problems)).toEqual([name]);
      expect(problems[name]).toContain(expected);
    }
  });

  it.each([
    ['delivery', { WEBSOCKET_PORT: '0', HEALTH_PORT: '0' }],
    ['delivery', { REWIND_SECONDS: '3600', HISTORY_MAX_AGE: '1h' }],
    ['ingest', { STOP_GRACE_PERIOD: '1m30s', DRAIN_TIMEOUT_MS: '89999' }],
    ['ingest', { STOP_GRACE_PERIOD: '9500ms' }],
    ['ingest', { STOP_GRACE_PERIOD: '1h', DRAIN_TIMEOUT_MS: '600000' }],
  ] as const)('and of %s some that can: %j', (service, env) => {
    expect(problemsOf(service, env)).toEqual({});
  });
});

describe('keys and headers of ingest that can never work', () => {
  it.each([
    ['INGEST_API_KEYS', 'a'.repeat(32), 'a key is too regular to be random'],
    ['INGEST_API_KEYS', 'your_64_character_hex_secret_here', 'a key is a placeholder'],
    ['INGEST_API_KEYS', 'one-key-of-a-line\nand-another-one', 'put commas between keys'],
    ['EASYAPPOINTMENTS_TOKEN_HEADER', 'Content-Type', 'a header with another use'],
    ['EASYAPPOINTMENTS_TOKEN_HEADER', 'X Token', 'expected the name of an HTTP header'],
  ])('%s=%j', (name, value, expected) => {
    const problems = problemsOf('ingest', { [name]: value });
    expect(problems[name]).toContain(expected);
    expect(problems[name]).not.toContain(value);
  });
});

it('blanks around a value do not count', () => {
  const { healthPort, logLevel } = readDeliveryConfig({
    ...required,
    HEALTH_PORT: ' 9090\r',
    LOG_LEVEL: 'warn ',
  });
  expect([healthPort, logLevel]).toEqual([9090, 'warn']);
});
