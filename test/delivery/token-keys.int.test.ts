import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rulesOf } from '../../services/delivery/auth/claims.ts';
import { Tickets } from '../../services/delivery/auth/tickets.ts';
import { TokenKeys } from '../../services/delivery/auth/token-keys.ts';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { readConfig } from '../../services/delivery/config.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { KeyServer } from '../support/key-server.ts';
import { NOON } from './fakes.ts';
import { keySetOf, MadeKey } from './made-keys.ts';
import { encode, nowS, sign } from './made-tokens.ts';

const names = { iss: 'https://login.example.org', aud: 'roomcast' };
const claims = { ...names, iat: nowS - 10, exp: nowS + 900, user_id: 4, role: 'provider' };
const key = MadeKey.rsa('rsa');
const JWT_SECRET = '9f2c61d07ab84e35f1d6a90c7b3e5248';

let folder: string;
let JWT_PUBLIC_KEYS_FILE: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roomcast-keys-'));
  JWT_PUBLIC_KEYS_FILE = join(folder, 'keys.pem');
  writeFileSync(JWT_PUBLIC_KEYS_FILE, key.pem);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** One instance with the public key, and with a secret beside it or none. */
function instance(secret = JWT_SECRET, more: Readonly<Record<string, string>> = {}) {
  const env = { JWT_SECRET: secret, JWT_PUBLIC_KEYS_FILE, JWT_ISSUER: names.iss, JWT_AUDIENCE: names.aud };
  const config = readConfig({ ...env, ...more });
  const wall = () => wallTime(NOON);
  const keys = new TokenKeys(config, () => NOON, createLogger('test', 'silent'));
  const verify = createTokenVerifier(keys, wall, rulesOf(config));
  return { keys, verify, tickets: new Tickets(keys.tickets, verify, wall) };
}

describe('a secret and public keys', () => {
  it('each verify by their own algorithm', async () => {
    const { verify } = instance();
    const principal = { userId: 4, role: 'provider' };
    for (const token of [sign(claims, JWT_SECRET), key.sign(claims), key.sign(claims, {}, 'PS256')]) {
      expect(await verify(token)).toMatchObject({ principal });
    }
  });

  it('are for one issuer and one audience', async () => {
    const { verify } = instance();
    for (const changes of [{ iss: undefined }, { iss: 'https://evil.example.org' }, { aud: 'another' }]) {
      const others = JSON.parse(JSON.stringify({ ...claims, ...changes })) as object;
      for (const token of [sign(others, JWT_SECRET), key.sign(others)]) {
        expect(await verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
      }
    }
  });

  it('are not mistaken for one another, whatever the token says', async () => {
    const file = readFileSync(JWT_PUBLIC_KEYS_FILE, 'utf8');
    const der = key.pair.publicKey.export({ type: 'spki', format: 'der' });
    for (const secret of [file, file.trim(), der, JWT_SECRET]) {
      for (const alg of ['HS256', 'RS256', 'PS256', 'ES256', 'none']) {
        if (secret === JWT_SECRET && alg === 'HS256') continue;
        const signed = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
        const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
        for (const { verify } of [instance(), instance('')]) {
          expect(await verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
        }
      }
    }
  });

  it('may be changed while others are served', async () => {
    const { keys, verify } = instance();
    const next = 'c1a7f3e9b2d84650c1d7a3f9e2b84d65';
    keys.reload(readConfig({ JWT_SECRET: next }));
    expect(await verify(sign(claims, JWT_SECRET))).toMatchObject({ refused: 'AUTH_FAILED' });
    expect(await verify(sign(claims, next))).toMatchObject({ principal: { userId: 4 } });
    expect(await verify(key.sign(claims))).toMatchObject({ principal: { userId: 4 } });
  });
});

describe('keys that are held elsewhere', () => {
  const principal = { userId: 4, role: 'provider' };
  const issuer = MadeKey.ec('issuer');

  it('are those of the file and those that the issuer publishes, looked at at each tick', async () => {
    await using server = await KeyServer.start(keySetOf(issuer.jwk()));
    const { keys, verify } = instance(JWT_SECRET, { JWT_JWKS_URL: server.url });
    keys.tick();
    for (const token of [issuer.sign(claims), key.sign(claims), sign(claims, JWT_SECRET)]) {
      expect(await verify(token)).toMatchObject({ principal });
    }
    expect([server.asked, keys.problems]).toEqual([1, []]);
    keys.close();
  });

  it('need not be any beside a secret', async () => {
    const { keys, verify } = instance(JWT_SECRET, { JWT_PUBLIC_KEYS_FILE: '' });
    keys.tick();
    keys.reload(readConfig({ JWT_SECRET }));
    expect(keys.problems).toEqual([]);
    expect(await verify(sign(claims, JWT_SECRET))).toMatchObject({ principal });
    expect(await verify(key.sign(claims))).toMatchObject({ refused: 'AUTH_FAILED' });
    keys.close();
  });

  it('are a problem each where they cannot be had', async () => {
    const file = join(folder, 'changing.pem');
    writeFileSync(file, key.pem);
    await using server = await KeyServer.start('');
    const { keys } = instance(JWT_SECRET, { JWT_JWKS_URL: server.url, JWT_PUBLIC_KEYS_FILE: file });
    writeFileSync(file, '');
    keys.tick();
    expect(keys.problems).toMatchObject([
      { state: 'stale', message: expect.stringContaining('JWT_PUBLIC_KEYS_FILE') },
      { state: 'missing', message: expect.stringContaining('JWT_JWKS_URL') },
    ]);
    keys.close();
  });

  it('are read again with the secrets', async () => {
    const file = join(folder, 'changed.pem');
    writeFileSync(file, key.pem);
    await using server = await KeyServer.start('');
    const { keys, verify } = instance(JWT_SECRET, { JWT_JWKS_URL: server.url, JWT_PUBLIC_KEYS_FILE: file });
    const next = MadeKey.ec('next');
    writeFileSync(file, next.pem);
    keys.reload(readConfig({ JWT_SECRET }));
    await server.askedTimes(1);
    expect(await verify(next.sign(claims))).toMatchObject({ principal });
    keys.close();
  });

  it('are asked for no longer once they are closed', async () => {
    await using server = await KeyServer.start('');
    server.answer = () => undefined;
    const { keys, verify } = instance(JWT_SECRET, { JWT_JWKS_URL: server.url });
    keys.tick();
    await server.askedTimes(1);
    const verdict = verify(issuer.sign(claims));
    keys.close();
    expect(await verdict).toMatchObject({ refused: 'OVERLOADED' });
    expect(keys.problems).toMatchObject([{ message: 'JWT_JWKS_URL: it was not asked yet' }]);
  });
});

describe('a ticket for a token by a public key', () => {
  it.each([
    ['is good on every instance that has the same JWT_SECRET', JWT_SECRET, { principal: { userId: 4 } }],
    ['is good on its own instance only where there is no JWT_SECRET', '', { refused: 'AUTH_FAILED' }],
  ])('%s', async (_what, secret, elsewhere) => {
    const [one, other] = [instance(secret), instance(secret)];
    const issued = await one.tickets.issue(key.sign(claims));
    const ticket = 'ticket' in issued ? issued.ticket : '';
    expect(other.tickets.redeem(ticket)).toMatchObject(elsewhere);
    expect(one.tickets.redeem(ticket)).toMatchObject({ principal: { userId: 4 } });
  });
});
