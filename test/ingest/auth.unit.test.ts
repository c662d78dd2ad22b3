import { describe, expect, it } from '@jest/globals';
import type { IncomingHttpHeaders } from 'node:http';
import { Auth, type AuthConfig } from '../../services/ingest/http/auth.ts';
import { Secret } from '../../shared/config/env.ts';
import { parseNetwork } from '../../shared/config/networks.ts';
import { AppError } from '../../shared/contract/errors.ts';

const KEY = 'the-key-of-the-backend';
const NEXT_KEY = 'the-next-key-of-the-backend';
const TRUSTED = { address: '10.0.0.7', network: '10.0.0.7', isNamed: false, isForwarded: false };
const STRANGER = { address: '203.0.113.9', network: '203.0.113.9', isNamed: false, isForwarded: false };
const trusting = { trusting: true };

const secretsOf = (...keys: readonly string[]) => ({ ingestApiKeys: new Secret(keys) });
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const bearer = (key = KEY) => ({ authorization: `Bearer ${key}` });

function world({ headers = ['x-ea-token'], ...changes }: Partial<AuthConfig> & { headers?: string[] } = {}) {
  const config: AuthConfig = {
    ...secretsOf(KEY),
    ingestMaxBadKeys: 2,
    ingestRateLimit: 2,
    broadcastTrustedNetworks: [parseNetwork('10.0.0.0/8') ?? fail()],
    ...changes,
  };
  const clock = { nowMs: 0 };
  const auth = new Auth(config, headers, () => clock.nowMs);
  /** The headers of its limit, or how it is refused. */
  const check = (sent: IncomingHttpHeaders, client = STRANGER, how?: { trusting: boolean }) => {
    try {
      return auth.check(sent, client, how);
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  };
  return { auth, clock, check };
}

function fail(): never {
  throw new Error('This is no network.');
}

const UNAUTHORIZED = { code: 'unauthorized' };
const TOO_MANY = { code: 'too_many_requests' };

describe('a key', () => {
  it.each<[string, IncomingHttpHeaders]>([
    ['Authorization: Bearer', bearer()],
    ['it in any case of letters, with several spaces', { authorization: `BEARER   ${KEY}` }],
    ['the password of HTTP Basic', { authorization: basic(`any:${KEY}`) }],
    ['HTTP Basic in any case of letters', { authorization: basic(`any:${KEY}`).replace('Basic', 'basic') }],
    ['X-API-Key', { 'x-api-key': KEY }],
    ['a header of a backend', { 'x-ea-token': KEY }],
    ['a header that was sent several times', { 'x-ea-token': ['wrong', KEY] }],
    ['one place beside a wrong key in another', { ...bearer('wrong'), 'x-api-key': KEY }],
  ])('is taken from %s', (_place, headers) => {
    expect(world().check(headers)).not.toBeInstanceOf(AppError);
  });

  it.each<[string, IncomingHttpHeaders]>([
    ['in another scheme', { authorization: `Digest ${KEY}` }],
    ['as a password in another scheme', { authorization: basic(`any:${KEY}`).replace('Basic', 'Bearer') }],
    ['without a scheme', { authorization: KEY }],
    ['behind something else', { authorization: `Digest Bearer ${KEY}` }],
    ['before something else', { authorization: `Bearer ${KEY} more` }],
    ['in a header of nobody', { 'x-token': KEY }],
    ['as the name of HTTP Basic', { authorization: basic(`${KEY}:any`) }],
  ])('is not taken %s', (_place, headers) => {
    expect(world().check(headers)).toMatchObject(UNAUTHORIZED);
  });

  it('that is missing is asked for by every header that is read, each of them once', () => {
    const { check } = world({ headers: ['x-ea-token', 'x-ea-token'] });
    expect(check({ 'x-api-key': '' })).toMatchObject({
      ...UNAUTHORIZED,
      message:
        'Send an API key as "authorization: Bearer KEY", "x-api-key: KEY", "x-ea-token: KEY", or as the password of HTTP Basic.',
    });
  });

  it('that is wrong is none of the setting', () => {
    expect(world().check(bearer('wrong'))).toMatchObject({
      ...UNAUTHORIZED,
      message: 'The key that was sent is none of INGEST_API_KEYS.',
    });
  });
});

describe('keys that were changed', () => {
  it('are taken from now on, and those that went are not', () => {
    const { auth, check } = world();
    auth.reload(secretsOf(NEXT_KEY));
    expect(check(bearer())).toMatchObject(UNAUTHORIZED);
    expect(check(bearer(NEXT_KEY))).not.toBeInstanceOf(AppError);
  });

  it('leave the count of one that stays as it was, and start at none for one that is new', () => {
    const { auth, check } = world();
    check(bearer());
    check(bearer());
    auth.reload(secretsOf(NEXT_KEY, KEY));
    expect(check(bearer())).toMatchObject(TOO_MANY);
    expect(check(bearer(NEXT_KEY))).toMatchObject({ ratelimit: '"key";r=1;t=1' });
  });
});

describe('a caller in a trusted network', () => {
  it('needs no key for what takes callers without one, and one for all else', () => {
    const { check } = world();
    expect(check({}, TRUSTED, trusting)).not.toBeInstanceOf(AppError);
    expect(check({}, TRUSTED)).toMatchObject(UNAUTHORIZED);
    expect(check({}, STRANGER, trusting)).toMatchObject(UNAUTHORIZED);
    expect(check({}, { ...TRUSTED, isForwarded: true }, trusting)).toMatchObject(UNAUTHORIZED);
  });

  it('is refused with a wrong key, and counted by a right one where it sends it', () => {
    const { check } = world();
    expect(check(bearer('wrong'), TRUSTED, trusting)).toMatchObject(UNAUTHORIZED);
    expect(check(bearer(), TRUSTED, trusting)).toMatchObject({ 'ratelimit-policy': '"key";q=2;w=1' });
  });
});

describe('what needs no key', () => {
  it('is bounded for all together, and takes nothing from those who publish', () => {
    const { auth, check, clock } = world();
    auth.checkOpen({}, STRANGER);
    expect(auth.checkOpen(bearer(), TRUSTED)).toEqual({
      'ratelimit-policy': '"keyless";q=2;w=1',
      ratelimit: '"keyless";r=0;t=1',
    });
    expect(() => auth.checkOpen({}, STRANGER)).toThrow('More than 2 requests a second without a key.');
    expect(check(bearer())).not.toBeInstanceOf(AppError);
    expect(check({}, TRUSTED, trusting)).not.toBeInstanceOf(AppError);
    clock.nowMs = 1_000;
    expect(() => auth.checkOpen({}, STRANGER)).not.toThrow();
  });

  it('counts the wrong keys that are tried on it', () => {
    const { auth, check } = world();
    for (let n = 0; n < 3; n += 1) {
      try {
        auth.checkOpen(bearer('wrong'), STRANGER);
      } catch {
        // Past the rate a guess is a guess as well.
      }
    }
    expect(check(bearer('wrong'))).toMatchObject(TOO_MANY);
  });
});

describe('more requests than one may make in a second', () => {
  it('are refused until the second is over; each answer says how many more it may make', () => {
    const { check, clock } = world();
    const policy = { 'ratelimit-policy': '"key";q=2;w=1' };
    expect(check(bearer())).toEqual({ ...policy, ratelimit: '"key";r=1;t=1' });
    expect(check(bearer())).toEqual({ ...policy, ratelimit: '"key";r=0;t=1' });
    clock.nowMs = 999;
    expect(check(bearer())).toMatchObject({
      ...TOO_MANY,
      message: 'More than 2 requests a second with this key.',
      retryAfterS: 1,
      headers: { ...policy, ratelimit: '"key";r=0;t=1' },
    });
    clock.nowMs = 1_000;
    expect(check(bearer())).toEqual({ ...policy, ratelimit: '"key";r=1;t=1' });
  });

  it('are counted together of all who need no key, and apart from those with one', () => {
    const { check } = world();
    const without = (address: string) => check({}, { ...TRUSTED, address }, trusting);
    const policy = { 'ratelimit-policy': '"keyless";q=2;w=1' };
    expect(without('10.0.0.1')).toEqual({ ...policy, ratelimit: '"keyless";r=1;t=1' });
    expect(without('10.0.0.2')).toEqual({ ...policy, ratelimit: '"keyless";r=0;t=1' });
    expect(without('10.0.0.3')).toMatchObject({
      ...TOO_MANY,
      message: 'More than 2 requests a second without a key.',
    });
    expect(check(bearer())).not.toBeInstanceOf(AppError);
  });

  it('are taken where INGEST_RATE_LIMIT is 0, and no answer names a limit', () => {
    const { check } = world({ ingestRateLimit: 0 });
    for (let n = 0; n < 9; n += 1) expect(check(bearer())).toEqual({});
  });
});

describe('wrong keys of an address', () => {
  const guess = (check: ReturnType<typeof world>['check'], client = STRANGER) =>
    [1, 2, 3].map(() => check(bearer('wrong'), client));

  it('are refused as too many past the limit, and so is a right one that it has not used before', () => {
    const { check } = world();
    expect(guess(check)).toMatchObject([UNAUTHORIZED, UNAUTHORIZED, TOO_MANY]);
    expect(check(bearer())).toMatchObject(TOO_MANY);
    expect(check(bearer(), TRUSTED)).not.toBeInstanceOf(AppError);
  });

  it('leave it the key that it has used before', () => {
    const { check } = world();
    check(bearer());
    guess(check);
    expect(check(bearer())).not.toBeInstanceOf(AppError);
  });

  it('are none where no key is sent', () => {
    const { auth, check } = world();
    for (let n = 0; n < 3; n += 1) {
      expect(check({})).toMatchObject(UNAUTHORIZED);
      auth.countGuess({}, STRANGER);
    }
    expect(check(bearer('wrong'))).toMatchObject(UNAUTHORIZED);
  });

  it('count also where no key is needed, and right ones do not', () => {
    const { auth, check } = world();
    for (let n = 0; n < 3; n += 1) auth.countGuess(bearer(), STRANGER);
    expect(check(bearer('wrong'))).toMatchObject(UNAUTHORIZED);
    auth.countGuess(bearer('wrong'), STRANGER);
    expect(check(bearer('wrong'))).toMatchObject(TOO_MANY);
  });
});
