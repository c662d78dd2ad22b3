import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import { TEST_SECRET } from '../support/tokens.ts';

/** As in the image: from `dist/`, with nothing of the environment but what is given. */
function run(
  command: 'token' | 'watch' | 'push',
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', command, ...args], {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const PROVIDER_4 = ['--role', 'provider', '--id', '4'];

describe('the command push', () => {
  it('prints a pair of keys as the settings take them', () => {
    const { status, stdout } = run('push', ['keys'], {});
    expect(status).toBe(0);
    expect(stdout).toMatch(/^PUSH_VAPID_PUBLIC_KEY=B[\w-]{86}\nPUSH_VAPID_PRIVATE_KEY=[\w-]{43}\n$/);
  });
});

describe('the command token', () => {
  it('signs with JWT_SECRET, with the first of several', () => {
    const { status, stdout } = run('token', PROVIDER_4, {
      JWT_SECRET: `${TEST_SECRET},${randomBytes(32).toString('hex')}`,
    });
    expect(status).toBe(0);
    expect(jwt.verify(stdout.trim(), TEST_SECRET)).toMatchObject({
      sub: '4',
      data: { user_id: 4, role: 'provider' },
    });
  });

  it('signs with what JWT_SECRET_FILE holds', () => {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-secret-'));
    try {
      const file = join(folder, 'jwt_secret');
      writeFileSync(file, `${TEST_SECRET}\n`);
      const { stdout } = run('token', PROVIDER_4, { JWT_SECRET_FILE: file });
      expect(jwt.verify(stdout.trim(), TEST_SECRET)).toHaveProperty('exp');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('names issuer and audience as the settings want them', () => {
    const names = { JWT_ISSUER: 'https://login.example.org', JWT_AUDIENCE: 'roomcast' };
    const { stdout } = run('token', PROVIDER_4, { JWT_SECRET: TEST_SECRET, ...names });
    expect(jwt.decode(stdout.trim())).toMatchObject({ iss: names.JWT_ISSUER, aud: names.JWT_AUDIENCE });
  });

  it('says what is missing, and shows no secret', () => {
    expect(run('token', PROVIDER_4, {})).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('JWT_SECRET'),
    });
    const short = run('token', PROVIDER_4, { JWT_SECRET: 'hunter2' });
    expect(short).toMatchObject({ status: 1, stdout: '' });
    expect(short.stderr).not.toContain('hunter2');
  });
});

describe.each(['token', 'watch'] as const)('the command %s', (command) => {
  it('explains itself', () => {
    expect(run(command, ['--help'], {})).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`Usage: roomcast ${command}`),
    });
  });

  it.each([[['--role', 'boss', '--id', '4']], [['--role', 'admin']], [['--role', 'admin', '--id', '-1']]])(
    'answers %j with where its usage is told and exit code 2',
    (args) => {
      expect(run(command, args, { JWT_SECRET: TEST_SECRET })).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringContaining('--help'),
      });
    },
  );
});
