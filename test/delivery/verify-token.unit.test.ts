import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { Hs256Keys } from '../../services/delivery/auth/hs256.ts';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { NOON } from './fakes.ts';
import { claims, data, encode, LIFETIME_S, nowS, OLD_SECRET, SECRET, sign } from './made-tokens.ts';

const verify = createTokenVerifier(new Hs256Keys([SECRET, OLD_SECRET]), () => wallTime(NOON), {
  maxLifetimeMs: LIFETIME_S * 1000,
});

describe('a token is refused as AUTH_FAILED', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

  it.each([
    ['no role', data({ role: undefined })],
    ['an unknown role', data({ role: 'superuser' })],
    ['a role in other letters', data({ role: 'Admin' })],
    ['a list of roles', data({ role: ['admin'] })],
    ['no user', claims({ data: { role: 'provider' }, sub: undefined })],
    ['user "4abc"', data({ user_id: '4abc' })],
    ['user 0', data({ user_id: 0 })],
    ['user -4', data({ user_id: -4 })],
    ['user 4.5', data({ user_id: 4.5 })],
    ['user 2^53', data({ user_id: 2 ** 53 })],
    ['user true', data({ user_id: true })],
    ['a name for a user', claims({ data: undefined, sub: 'admin', role: 'admin' })],
    ['no exp', claims({ exp: undefined })],
    ['type 2fa_pending', claims({ type: '2fa_pending' })],
    ['type refresh', claims({ type: 'refresh' })],
    ['type of no string', claims({ type: 1 })],
    ['nbf in the future', claims({ nbf: nowS + 60 })],
    ['data that is no object', claims({ data: 'provider' })],
  ])('with %s', async (_what, payload) => {
    expect(await verify(sign(payload))).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it.each([
    ['with another secret', sign(claims(), 'another-secret-of-the-same-length-000')],
    ['with HS384', sign(claims(), SECRET, 'HS384')],
    ['with HS512', sign(claims(), SECRET, 'HS512')],
    ['with alg none', `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims())}.`],
    ['with alg None', `${encode({ alg: 'None', typ: 'JWT' })}.${encode(claims())}.`],
    ['with RS256 by whoever holds a key', jwt.sign(claims(), privateKey, { algorithm: 'RS256' })],
    ['saying RS256 over an HMAC with the secret', hmac({ alg: 'RS256', typ: 'JWT' }, SECRET)],
    ['with HS256 keyed with a public key', hmac({ alg: 'HS256', typ: 'JWT' }, pem)],
    ['with its signature cut off', sign(claims()).split('.').slice(0, 2).join('.')],
    ['with a blank signature', `${sign(claims()).split('.').slice(0, 2).join('.')}.`],
    ['with claims changed after signing', changed()],
  ])('signed %s', async (_what, token) => {
    expect(await verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it.each(['', ' ', 'a.b.c', 'null', 'x'.repeat(60_000)])('%.20j is no token at all', async (token) => {
    expect(await verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it('when it has expired under a secret that is not ours: its end is nobody’s business', async () => {
    const token = sign(claims({ exp: nowS - 10 }), 'another-secret-of-the-same-length-000');
    expect(await verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it('in words that say nothing of the secret or of the claims where none of ours signed it', async () => {
    const foreign = sign(data({ role: 'x' }), 'another-secret-of-the-same-length-000');
    const foreigners = ['a.b.c', foreign, sign(claims(), SECRET, 'HS384')];
    const verdicts = await Promise.all(foreigners.map(verify));
    const messages = verdicts.map((verdict) => ('refused' in verdict ? verdict.message : ''));
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toBe(
      'The token is not valid here: no key of this installation signed it: a secret signs by HS256, a public key is for RS256, PS256 or ES256.',
    );
  });

  /** A token made by hand, as an attacker makes one. */
  function hmac(header: object, key: string): string {
    const signed = `${encode(header)}.${encode(claims())}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  }

  function changed(): string {
    const [header, , signature] = sign(claims()).split('.');
    return [header, encode(data({ role: 'admin' })), signature].join('.');
  }
});

describe('a token is refused as TOKEN_EXPIRED', () => {
  it.each([nowS, nowS - 1, nowS - 86_400])('when it ended at %d', async (exp) => {
    expect(await verify(sign(claims({ exp })))).toEqual({
      refused: 'TOKEN_EXPIRED',
      message: 'The token has expired. Come back with a new one.',
    });
  });

  it('also under the second secret of a rotation', async () => {
    expect(await verify(sign(claims({ exp: nowS - 1 }), OLD_SECRET))).toMatchObject({
      refused: 'TOKEN_EXPIRED',
    });
  });
});

describe('a token of more than 8,192 characters', () => {
  it('is refused before any key is tried on it, and one of 8,192 is not', async () => {
    const tried: number[] = [];
    const keys = { read: ({ length }: string) => void tried.push(length) };
    const judge = createTokenVerifier(keys, () => wallTime(NOON), { maxLifetimeMs: LIFETIME_S * 1000 });
    const message = 'The token is not valid here: it is longer than 8192 characters.';
    expect(await judge('x'.repeat(8_193))).toEqual({ refused: 'AUTH_FAILED', message });
    expect(await judge('x'.repeat(8_192))).toMatchObject({ refused: 'AUTH_FAILED' });
    expect(tried).toEqual([8_192]);
  });
});

it('a token whose keys are being asked for is neither good nor bad yet: its client comes back with it', async () => {
  const waiting = createTokenVerifier({ read: () => 'unavailable' }, () => wallTime(NOON), {
    maxLifetimeMs: LIFETIME_S * 1000,
  });
  expect(await waiting(sign(claims()))).toEqual({
    refused: 'OVERLOADED',
    message: 'The keys of the issuer of your token are being asked for. Come back with it in some seconds.',
  });
});
