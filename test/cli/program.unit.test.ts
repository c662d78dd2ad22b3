import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { roomcast } from '../support/command-line.ts';
import { TEST_SECRET } from '../support/tokens.ts';

const commands = ['watch', 'publish', 'token', 'rejected'];
const env = { JWT_SECRET: TEST_SECRET };

describe('roomcast', () => {
  it('lists its commands for --help, with code 0', async () => {
    const { code, out } = await roomcast(['--help']);
    expect(code).toBe(0);
    for (const command of commands) expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
  });

  it.each(commands)('says for %s --help how it is used, with code 0', async (command) => {
    const { code, out } = await roomcast([command, '--help']);
    expect({ code, usage: out.split('\n')[0] }).toEqual({
      code: 0,
      usage: expect.stringContaining(`roomcast ${command}`) as unknown,
    });
  });

  it.each([
    [[]],
    [['explode']],
    [['rejected']],
    [['rejected', 'explode']],
    [['rejected', 'show']],
    [['rejected', 'show', 'all']],
    [['rejected', 'drop', '0']],
    [['token']],
    [['token', '--role', 'provider', '--id', 'four']],
    [['token', '--role', 'king', '--id', '4']],
    [['token', '--role', 'provider', '--id', '4', '--ttl', '0']],
    [['token', '--role', 'provider', '--id', '4', '--colour']],
    [['publish']],
    [['publish', '-']],
    [['publish', '--sample', 'file.json']],
    [['watch', '--role', 'provider', '--id', '4', '--url', 'localhost']],
    [['watch', '--role', 'provider', '--token', 'x']],
    [['watch', 'provider']],
  ])('answers the wrong line %j with code 2, and prints nothing for programs', async (args) => {
    const { code, out, err } = await roomcast(args, { env: { ...env, INGEST_API_KEYS: 'k'.repeat(9) } });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--help');
  });

  it('suggests what was meant', async () => {
    expect((await roomcast(['whatch'])).err).toContain('Did you mean watch?');
  });

  it('says which setting is wrong, with code 1 and never its value', async () => {
    const { code, err } = await roomcast(['token', '--role', 'provider', '--id', '4'], {
      env: { JWT_SECRET: 'short-one' },
    });
    expect(code).toBe(1);
    expect(err).toContain('JWT_SECRET: a secret is under 32 bytes');
    expect(err).not.toContain('short-one');
  });

  it('colours its errors on a terminal alone', async () => {
    expect((await roomcast(['explode'], { hasColours: true })).err).toContain('\u001b[31m');
    expect((await roomcast(['explode'])).err).not.toContain('\u001b');
  });
});

describe('roomcast token', () => {
  it('prints the token and nothing else', async () => {
    const { code, out } = await roomcast(['token', '--role', 'provider', '--id', '4', '--ttl', '60'], {
      env,
    });
    const claims = jwt.verify(out.trim(), TEST_SECRET) as jwt.JwtPayload;
    expect({ code, out }).toEqual({ code: 0, out: `${out.trim()}\n` });
    expect(claims['data']).toEqual({ user_id: 4, role: 'provider' });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
  });

  it('says when it ends as JSON', async () => {
    const { out } = await roomcast(['token', '--role', 'admin', '--id', '1', '--json'], { env });
    const { token, expires_at } = JSON.parse(out) as { token: string; expires_at: string };
    const { exp = 0 } = jwt.verify(token, TEST_SECRET) as jwt.JwtPayload;
    expect(Math.abs(Date.parse(expires_at) - exp * 1000)).toBeLessThan(2_000);
  });
});
