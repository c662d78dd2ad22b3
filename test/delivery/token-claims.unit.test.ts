import { describe, expect, it } from '@jest/globals';
import { rulesOf } from '../../services/delivery/auth/claims.ts';
import { Hs256Keys } from '../../services/delivery/auth/hs256.ts';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { NOON } from './fakes.ts';
import { byHand, claims, data, LIFETIME_S, nowS, OLD_SECRET, SECRET, sign } from './made-tokens.ts';

const verify = createTokenVerifier(new Hs256Keys([SECRET, OLD_SECRET]), () => wallTime(NOON), {
  maxLifetimeMs: LIFETIME_S * 1000,
});

describe('a token is taken', () => {
  it('as the fork issues it: user and role from `data`, the end from `exp`', async () => {
    expect(await verify(sign(claims()))).toEqual({
      principal: { userId: 4, role: 'provider', expiresAtMs: NOON + 900_000, issuedAtMs: NOON - 10_000 },
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
    ['exp 30 s further: our clock is a little slow', claims({ exp: nowS + LIFETIME_S + 30 })],
    ['an audience', claims({ aud: 'mobile' })],
    ['several audiences', claims({ aud: ['mobile', 'web'] })],
    ['a name in `sub` beside the user in `data`', claims({ sub: 'p@example.org' })],
    ['the same person at the top and in `data`', claims({ user_id: '4', role: 'provider' })],
    ['`data` that says nothing of the person', claims({ data: { theme: 'dark' }, role: 'provider' })],
    ['null for the person at the top, which says nothing', claims({ user_id: null, role: null })],
    ['type access in `data` too', data({ type: 'access' })],
  ])('with %s', async (_what, payload) => {
    expect(await verify(sign(payload))).toMatchObject({ principal: { userId: 4, role: 'provider' } });
  });

  it.each([
    ['token-7', 'token-7'],
    [7, undefined],
    [undefined, undefined],
  ])('with jti %j, by which it can be revoked where that is text', async (jti, tokenId) => {
    const verdict = await verify(sign(claims({ jti })));
    expect('principal' in verdict && verdict.principal.tokenId).toBe(tokenId);
  });

  it.each(['admin', 'provider', 'secretary', 'customer'] as const)('of a %s', async (role) => {
    expect(await verify(sign(data({ role })))).toMatchObject({ principal: { role } });
  });

  it('by each of the secrets of a rotation', async () => {
    expect(await verify(sign(claims(), OLD_SECRET))).toMatchObject({ principal: { userId: 4 } });
  });

  it('up to its last moment, fractions of a second too', async () => {
    expect(await verify(sign(claims({ exp: nowS + 1 })))).toMatchObject({
      principal: { expiresAtMs: NOON + 1_000 },
    });
    expect(await verify(byHand(claims({ exp: nowS + 0.25 })))).toMatchObject({
      principal: { expiresAtMs: NOON + 250 },
    });
  });

  it('with an end that can be written, however long tokens may live', async () => {
    const patient = createTokenVerifier(new Hs256Keys([SECRET]), () => wallTime(NOON), {
      maxLifetimeMs: Number.MAX_VALUE,
    });
    for (const exp of [NOON + 900_000, Number.MAX_SAFE_INTEGER]) {
      const verdict = await patient(sign(claims({ exp })));
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
    ['exp in the year 5138', claims({ exp: 1e11 }), 'exp is further ahead than MAX_TOKEN_LIFETIME allows.'],
    ['exp in milliseconds', claims({ exp: NOON + 900_000 }), 'in seconds, not milliseconds'],
    ['exp 2^53', claims({ exp: 2 ** 53 }), 'in seconds, not milliseconds'],
    [
      'type 2fa_pending',
      claims({ type: '2fa_pending' }),
      'type must be "access" where it is there: a half-done login is none.',
    ],
    ['type refresh in data', data({ type: 'refresh' }), 'type must be "access"'],
    ['Type refresh', claims({ Type: 'refresh' }), 'type must be "access"'],
    [
      'TYPE in data, beside a good one',
      data({ type: 'access', TYPE: '2fa_pending' }),
      'type must be "access"',
    ],
    ['type null', claims({ type: null }), 'type must be "access"'],
    ['another user in sub', claims({ sub: '7' }), 'it names two users'],
    ['another user at the top', claims({ user_id: 7 }), 'it names two users'],
    ['no user at the top but text', claims({ user_id: 'p@example.org' }), 'it names two users'],
    [
      'another user in sub than at the top',
      claims({ data: undefined, user_id: 4, sub: 7, role: 'provider' }),
      'it names two users',
    ],
    ['another role at the top', claims({ role: 'admin' }), 'it names two roles'],
    ['a list of roles at the top', claims({ role: ['provider'] }), 'it names two roles'],
    [
      'the user in data and the role at the top',
      claims({ sub: undefined, data: { user_id: 4 }, role: 'provider' }),
      'user_id and role must stand together',
    ],
    [
      'the role in data and the user at the top',
      claims({ sub: undefined, user_id: 4, data: { role: 'provider' } }),
      'user_id and role must stand together',
    ],
    [
      'an unknown role',
      data({ role: 'superuser' }),
      'role must be one of admin, provider, secretary, customer',
    ],
    ['no role', data({ role: undefined }), 'role must be one of'],
    ['user 4.5', data({ user_id: 4.5 }), 'user_id expected a whole number'],
    ['data in a list', claims({ data: [] }), 'data must be an object where it is there.'],
    ['data nested', claims({ data: { data: { user_id: 4, role: 'admin' } } }), 'role must be one of'],
  ])('with %s', async (_what, payload, why) => {
    const token = byHand(payload);
    const verdict = await verify(token);
    expect(verdict).toMatchObject({ refused: 'AUTH_FAILED' });
    expect('refused' in verdict && verdict.message).toContain(`The token is not valid here: `);
    expect('refused' in verdict && verdict.message).toContain(why);
    for (const part of token.split('.')) expect(JSON.stringify(verdict)).not.toContain(part);
  });

  it.each([
    ['a number with no end', `{"exp":1e999,"sub":"4","role":"provider"}`, 'exp must be a number'],
    ['a list', '[]', 'its payload must be an object of claims'],
    ['a word', '"access"', 'its payload must be an object of claims'],
    ['null', 'null', 'no key of this installation signed it'],
    ['no JSON', '{', 'no key of this installation signed it'],
  ])('whose payload is %s', async (_what, payload, why) => {
    const verdict = await verify(byHand(payload));
    expect(verdict).toMatchObject({ refused: 'AUTH_FAILED' });
    expect('refused' in verdict && verdict.message).toContain(why);
  });

  it.each([{ crit: ['b64'], b64: true }, { crit: [] }, { crit: ['exp'] }, { b64: false }, { zip: 'DEF' }])(
    'when its header asks for an extension: %j',
    async (extension) => {
      const verdict = await verify(byHand(claims(), { alg: 'HS256', typ: 'JWT', ...extension }));
      expect(verdict).toMatchObject({
        refused: 'AUTH_FAILED',
        message: expect.stringMatching(
          /: its header asks for an extension \((crit|b64|zip)\), and none is known here\.$/,
        ),
      });
    },
  );

  it.each(['JOSE', 'dpop+jwt', 'logout+jwt', 'at+jwt;v=1', '', null, 4, ['JWT']])(
    'when its type is %j',
    async (typ) => {
      expect(await verify(byHand(claims(), { alg: 'HS256', typ }))).toMatchObject({
        refused: 'AUTH_FAILED',
        message: 'The token is not valid here: typ must be JWT or at+jwt where it is there.',
      });
    },
  );

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])(
    'and taken when it is %j',
    async (typ) => {
      expect(await verify(byHand(claims(), { alg: 'HS256', typ }))).toMatchObject({
        principal: { userId: 4 },
      });
    },
  );
});

it('the rules of tokens are those of the settings', () => {
  expect(rulesOf({ maxTokenLifetime: '2h', jwtIssuer: 'me', jwtAudience: undefined })).toEqual({
    maxLifetimeMs: 7_200_000,
    issuer: 'me',
    audience: undefined,
  });
});

describe('where an issuer and an audience are set, a token', () => {
  const strict = createTokenVerifier(new Hs256Keys([SECRET]), () => wallTime(NOON), {
    maxLifetimeMs: LIFETIME_S * 1000,
    issuer: 'https://login.example.org',
    audience: 'roomcast',
  });
  const iss = 'https://login.example.org';
  const OF_ISSUER = 'iss must be the issuer that JWT_ISSUER names';
  const FOR_AUDIENCE = 'aud must have the audience in it that JWT_AUDIENCE names';

  it.each(['roomcast', ['roomcast'], ['web', 'roomcast']])(
    'with the issuer and for %j is taken',
    async (aud) => {
      expect(await strict(sign(claims({ iss, aud })))).toMatchObject({ principal: { userId: 4 } });
    },
  );

  it.each([
    ['of another issuer', { iss: 'https://login.example.org/', aud: 'roomcast' }, OF_ISSUER],
    ['of no issuer', { iss: undefined, aud: 'roomcast' }, OF_ISSUER],
    ['of several issuers', { iss: [iss], aud: 'roomcast' }, OF_ISSUER],
    ['for nobody', { iss }, FOR_AUDIENCE],
    ['for somebody else', { iss, aud: ['web', 'roomcast2'] }, FOR_AUDIENCE],
    ['for a list in a list', { iss, aud: [['roomcast']] }, FOR_AUDIENCE],
  ])('%s is refused, and told which setting says so', async (_what, changes, why) => {
    expect(await strict(sign(claims(changes)))).toEqual({
      refused: 'AUTH_FAILED',
      message: `The token is not valid here: ${why}.`,
    });
  });
});
