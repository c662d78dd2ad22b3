import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { NOON } from './fakes.ts';

const SECRET = 'the-secret-of-these-tests-0123456789';
const OLD_SECRET = 'the-secret-before-that-one-987654321';
const nowS = NOON / 1000;

const LIFETIME_S = 31 * 24 * 60 * 60;
const verify = createTokenVerifier([SECRET, OLD_SECRET], () => wallTime(NOON), {
  maxLifetimeMs: LIFETIME_S * 1000,
});

/** An access token as the fork issues it, but for what a test says otherwise. */
function claims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const all: Record<string, unknown> = {
    iss: 'http://localhost',
    iat: nowS - 10,
    exp: nowS + 900,
    sub: '4',
    data: { user_id: 4, email: 'p@example.org', username: 'p', role: 'provider', timezone: 'UTC' },
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const data = (changes: object) => claims({ data: { user_id: 4, role: 'provider', ...changes } });

function sign(payload: object, secret = SECRET, algorithm: jwt.Algorithm = 'HS256'): string {
  return jwt.sign(payload, secret, { algorithm });
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** As no library would sign it. */
function byHand(payload: object | string, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const signed = `${encode(header)}.${Buffer.from(text).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

describe('a token is taken', () => {
  it('as the fork issues it: user and role from `data`, the end from `exp`', () => {
    expect(verify(sign(claims()))).toEqual({
      principal: { userId: 4, role: 'provider', expiresAtMs: NOON + 900_000 },
    });
  });

  it.each([
    ['a user id in digits', data({ user_id: '4' })],
    ['flat claims', claims({ data: undefined, user_id: 4, role: 'provider' })],
    ['the user in `sub` alone, as a string', claims({ data: undefined, role: 'provider' })],
    ['the user in `sub` alone, as a number', claims({ data: undefined, sub: 4, role: 'provider' })],
    ['`data` without the user, who is in `sub`', claims({ data: { role: 'provider' } })],
    ['`data` without the role, which is flat', claims({ data: { user_id: 4 }, role: 'provider' })],
    ['type access', claims({ type: 'access' })],
    ['claims that we do not know', claims({ scope: ['a'], nonce: 1 })],
    ['nbf in the past', claims({ nbf: nowS - 1 })],
    ['nbf 30 s ahead: the clock of the issuer is a little fast', claims({ nbf: nowS + 30 })],
    ['iat 30 s ahead', claims({ iat: nowS + 30 })],
    ['iat long ago', claims({ iat: -1 })],
    ['fractions of seconds', claims({ exp: nowS + 900.25, nbf: nowS - 0.5, iat: nowS - 0.75 })],
    ['exp as far ahead as it may be', claims({ exp: nowS + LIFETIME_S })],
    ['an audience', claims({ aud: 'mobile' })],
    ['several audiences', claims({ aud: ['mobile', 'web'] })],
    ['a name in `sub` beside the user in `data`', claims({ sub: 'p@example.org' })],
  ])('with %s', (_what, payload) => {
    expect(verify(sign(payload))).toMatchObject({ principal: { userId: 4, role: 'provider' } });
  });

  it.each(['admin', 'provider', 'secretary', 'customer'] as const)('of a %s', (role) => {
    expect(verify(sign(data({ role })))).toMatchObject({ principal: { role } });
  });

  it('by each of the secrets of a rotation', () => {
    expect(verify(sign(claims(), OLD_SECRET))).toMatchObject({ principal: { userId: 4 } });
  });

  it('`data` goes before flat claims: the fork’s server reads only that', () => {
    expect(verify(sign(claims({ user_id: 1, role: 'admin' })))).toMatchObject({
      principal: { userId: 4, role: 'provider' },
    });
  });

  it('up to its last moment, fractions of a second too', () => {
    expect(verify(sign(claims({ exp: nowS + 1 })))).toMatchObject({
      principal: { expiresAtMs: NOON + 1_000 },
    });
    expect(verify(byHand(claims({ exp: nowS + 0.25 })))).toMatchObject({
      principal: { expiresAtMs: NOON + 250 },
    });
  });

  it('with an end that can be written, however long tokens may live', () => {
    const patient = createTokenVerifier([SECRET], () => wallTime(NOON), { maxLifetimeMs: Number.MAX_VALUE });
    for (const exp of [NOON + 900_000, Number.MAX_SAFE_INTEGER]) {
      const verdict = patient(sign(claims({ exp })));
      const endMs = 'principal' in verdict ? verdict.principal.expiresAtMs : Number.NaN;
      expect(new Date(endMs).toISOString()).toMatch(/^\d{4}-/);
    }
  });
});

describe('a token that we signed is refused in words that name the claim and why', () => {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();

  it.each([
    ['nbf over 30 s ahead', claims({ nbf: nowS + 31 }), `it is not valid before ${time(nowS + 31)} (nbf)`],
    ['iat over 30 s ahead', claims({ iat: nowS + 31 }), `it is not valid before ${time(nowS + 31)} (iat)`],
    [
      'nbf after the end of time',
      claims({ nbf: 2 ** 53 }),
      'it is not valid before 9999-12-31T23:59:59.000Z (nbf)',
    ],
    ['nbf in digits', claims({ nbf: String(nowS) }), 'nbf must be a number of seconds since 1970'],
    ['nbf null', claims({ nbf: null }), 'nbf must be a number of seconds since 1970'],
    ['iat in digits', claims({ iat: String(nowS) }), 'iat must be a number of seconds since 1970'],
    ['iat a date', claims({ iat: time(nowS) }), 'iat must be a number of seconds since 1970'],
    ['no exp', claims({ exp: undefined }), 'exp is missing'],
    ['exp in digits', claims({ exp: String(nowS + 900) }), 'exp must be a number of seconds since 1970'],
    [
      'exp NaN, which JSON writes as null',
      claims({ exp: Number.NaN }),
      'exp must be a number of seconds since 1970',
    ],
    ['exp in a list', claims({ exp: [nowS + 900] }), 'exp must be a number of seconds since 1970'],
    [
      'exp too far ahead',
      claims({ exp: nowS + LIFETIME_S + 31 }),
      'exp is further ahead than MAX_TOKEN_LIFETIME allows.',
    ],
    ['exp in milliseconds', claims({ exp: NOON + 900_000 }), 'in seconds, not milliseconds'],
    ['exp 2^53', claims({ exp: 2 ** 53 }), 'in seconds, not milliseconds'],
    ['type 2fa_pending', claims({ type: '2fa_pending' }), 'type must be "access"'],
    [
      'an unknown role',
      data({ role: 'superuser' }),
      'role must be one of admin, provider, secretary, customer',
    ],
    ['no role', data({ role: undefined }), 'role must be one of'],
    ['user 4.5', data({ user_id: 4.5 }), 'user_id expected a whole number'],
    ['data in a list', claims({ data: [] }), 'data must be an object'],
    ['data nested', claims({ data: { data: { user_id: 4, role: 'admin' } } }), 'role must be one of'],
  ])('with %s', (_what, payload, why) => {
    const token = byHand(payload);
    const verdict = verify(token);
    expect(verdict).toMatchObject({ refused: 'AUTH_FAILED' });
    expect('refused' in verdict && verdict.message).toContain(`The token is not valid here: `);
    expect('refused' in verdict && verdict.message).toContain(why);
    for (const part of token.split('.')) expect(JSON.stringify(verdict)).not.toContain(part);
  });

  it.each([
    ['a number with no end', `{"exp":1e999,"sub":"4","role":"provider"}`, 'exp must be a number'],
    ['a list', '[]', 'its payload must be an object of claims'],
    ['a word', '"access"', 'its payload must be an object of claims'],
    ['null', 'null', 'it is no HS256 token'],
    ['no JSON', '{', 'it is no HS256 token'],
  ])('whose payload is %s', (_what, payload, why) => {
    const verdict = verify(byHand(payload));
    expect(verdict).toMatchObject({ refused: 'AUTH_FAILED' });
    expect('refused' in verdict && verdict.message).toContain(why);
  });

  it('when its header asks for an extension', () => {
    const verdict = verify(byHand(claims(), { alg: 'HS256', typ: 'JWT', crit: ['b64'], b64: true }));
    expect(verdict).toMatchObject({ refused: 'AUTH_FAILED', message: expect.stringContaining('(crit)') });
  });

  it('and taken whatever its type is called', () => {
    for (const typ of [undefined, 'at+jwt', 'jwt', 'JOSE']) {
      expect(verify(byHand(claims(), { alg: 'HS256', typ }))).toMatchObject({ principal: { userId: 4 } });
    }
  });
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
  ])('with %s', (_what, payload) => {
    expect(verify(sign(payload))).toMatchObject({ refused: 'AUTH_FAILED' });
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
  ])('signed %s', (_what, token) => {
    expect(verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it.each(['', ' ', 'a.b.c', 'null', 'x'.repeat(60_000)])('%.20j is no token at all', (token) => {
    expect(verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it('when it has expired under a secret that is not ours: its end is nobody’s business', () => {
    const token = sign(claims({ exp: nowS - 10 }), 'another-secret-of-the-same-length-000');
    expect(verify(token)).toMatchObject({ refused: 'AUTH_FAILED' });
  });

  it('in words that say nothing of the secret or of the claims where none of ours signed it', () => {
    const foreign = sign(data({ role: 'x' }), 'another-secret-of-the-same-length-000');
    const messages = ['a.b.c', foreign, sign(claims(), SECRET, 'HS384')].map((token) => {
      const verdict = verify(token);
      return 'refused' in verdict ? verdict.message : '';
    });
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).not.toContain(SECRET);
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
  it.each([nowS, nowS - 1, nowS - 86_400])('when it ended at %d', (exp) => {
    expect(verify(sign(claims({ exp })))).toMatchObject({ refused: 'TOKEN_EXPIRED' });
  });

  it('also under the second secret of a rotation', () => {
    expect(verify(sign(claims({ exp: nowS - 1 }), OLD_SECRET))).toMatchObject({ refused: 'TOKEN_EXPIRED' });
  });
});
