import { afterAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig as readDeliveryConfig } from '../../services/delivery/config.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';

const SECRET = '9f2c61d07ab84e35f1d6a90c7b3e5248';
const folder = mkdtempSync(join(tmpdir(), 'roomcast-env-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Root may read everything. */
function asOrdinaryUser<Result>(work: () => Result): Result {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

function problemsOf(env: Record<string, string>): string {
  try {
    readDeliveryConfig(env);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('a secret in a file', () => {
  it.each([
    ['without an end of line', SECRET],
    ['with one', `${SECRET}\n`],
    ['with one of Windows', `${SECRET}\r\n`],
  ])('is read %s', (_what, text) => {
    const config = readDeliveryConfig({ JWT_SECRET_FILE: file('secret', text) });
    expect(config.jwtSecret.reveal()).toEqual([SECRET]);
  });

  it('loses its last end of line and nothing else', () => {
    const url = readDeliveryConfig({
      JWT_SECRET: SECRET,
      AMQP_URL_FILE: file('amqp', 'amqp://user:pass%20@host:5672\n'),
    }).amqpUrl;
    expect(url.reveal()).toBe('amqp://user:pass%20@host:5672');
  });

  it('may be each of the secrets of ingest too', () => {
    const config = readIngestConfig({
      INGEST_API_KEYS_FILE: file('keys', 'one-key-of-sixteen,another-of-sixteen\n'),
      RABBITMQ_MANAGEMENT_URL_FILE: file('management', 'http://monitor:pa55word@broker:15672\n'),
    });
    expect(config.ingestApiKeys.reveal()).toEqual(['one-key-of-sixteen', 'another-of-sixteen']);
    expect(config.rabbitmqManagementUrl?.reveal()).toBe('http://monitor:pa55word@broker:15672');
  });

  it.each([
    ['is missing', () => join(folder, 'not-there'), 'is not there'],
    ['is behind a file', () => join(file('plain', SECRET), 'below'), 'is not there'],
    ['is a directory', () => folder, 'is a directory'],
    ['is empty', () => file('empty', '\n'), 'is empty'],
    ['is no text', () => file('binary', Buffer.from([0xff, 0xfe, 0x01])), 'is not text'],
    ['is no text that a shell can hold', () => file('nul', `${SECRET}\0`), 'is not text'],
    ['is a disk', () => file('large', 'x'.repeat(64 * 1024 + 1)), 'is larger than 64 KiB'],
    ['is the secret itself', () => `amqp://user:${SECRET}@host`, 'is not there'],
    ['is the secret itself, and long', () => SECRET.repeat(500), 'is not there'],
    ['is the secret itself, with a character that no path has', () => `${SECRET}\0`, 'is not there'],
  ])(
    'that %s stops the start: the message names the variable and why, and shows no value',
    (_what, path, why) => {
      const problems = problemsOf({ JWT_SECRET_FILE: path() });
      expect(problems).toContain(`  JWT_SECRET: the file that JWT_SECRET_FILE names ${why}`);
      expect(problems.match(/JWT_SECRET: /g)).toHaveLength(1);
      expect(problems).not.toContain(SECRET);
      expect(problems).not.toContain(folder);
    },
  );

  it('that we may not read stops the start', () => {
    const path = file('locked', SECRET);
    chmodSync(path, 0o000);
    const problems = asOrdinaryUser(() => problemsOf({ JWT_SECRET_FILE: path }));
    expect(problems).toContain('must not be read by the user');
  });

  it('beside the variable itself stops the start, with every other problem', () => {
    const problems = problemsOf({
      JWT_SECRET: SECRET,
      JWT_SECRET_FILE: file('twice', SECRET),
      HEALTH_PORT: 'x',
    });
    expect(problems).toContain('JWT_SECRET: JWT_SECRET_FILE is set too: keep one of them');
    expect(problems).toContain('HEALTH_PORT: ');
    expect(problems).not.toContain(SECRET);
  });

  it('is checked as the variable would be', () => {
    expect(problemsOf({ JWT_SECRET_FILE: file('short', 'short') })).toContain('under 32 bytes');
  });

  it('of another service is left alone', () => {
    const elsewhere = { INGEST_API_KEYS_FILE: join(folder, 'not-there') };
    expect(problemsOf({ JWT_SECRET: SECRET, ...elsewhere })).toBe('');
  });

  it('is not there for a variable that is no secret, nor where the variable is blank', () => {
    expect(problemsOf({ JWT_SECRET: SECRET, LOG_LEVEL_FILE: join(folder, 'not-there') })).toBe('');
    expect(problemsOf({ JWT_SECRET: SECRET, JWT_SECRET_FILE: ' ' })).toBe('');
  });
});

describe('the settings of health and its page', () => {
  it.each([
    ['RABBITMQ_MANAGEMENT_URL', 'amqp://host', 'http://user:password@host:15672'],
    ['STATUS_PEERS', 'ingest:8083', 'such as http://ingest:8083'],
    ['STATUS_PAGE', 'no', 'expected on or off'],
    ['ALLOWED_HOSTS', 'http://status.example.org', 'expected names of hosts'],
    ['ALLOWED_HOSTS', 'status.example.org:8081', 'no scheme, no port'],
    ['ALLOWED_HOSTS', '*', 'no *'],
    ['HEALTH_MAX_LAG_MS', '0', 'expected a whole number from 1'],
  ])('%s=%s stops the start and says what was expected', (name, value, expected) => {
    const problems = problemsOf({ JWT_SECRET: SECRET, [name]: value });
    expect(problems).toContain(`  ${name}: `);
    expect(problems).toContain(expected);
  });

  it('take several peers', () => {
    const env = { JWT_SECRET: SECRET, STATUS_PEERS: 'http://ingest:8083, http://other:8083' };
    expect(readDeliveryConfig(env).statusPeers).toEqual(['http://ingest:8083', 'http://other:8083']);
  });

  it('never show the password of the management API', () => {
    const env = { JWT_SECRET: SECRET, RABBITMQ_MANAGEMENT_URL: 'http://monitor:pa55word@broker:15672' };
    expect(JSON.stringify(readDeliveryConfig(env))).not.toContain('pa55word');
  });
});
