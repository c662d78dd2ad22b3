import { describe, expect, it } from '@jest/globals';
import { withoutSecretKeys } from '../../services/ingest/accept/secret-keys.ts';

describe('a key whose value gives access to something is left out', () => {
  it.each([
    ...['password', 'passwords', 'passwd', 'passphrase', 'salt', 'secret', 'secrets', 'token', 'tokens'],
    ...['credential', 'credentials', 'authorization', 'cookie', 'apikey', 'jwt'],
    ...['api_key', 'auth_key', 'access_key', 'private_key'],
    ...['google_calendar', 'caldav_calendar', 'caldav_url', 'caldav_username'],
  ])('%s', (key) => {
    expect(withoutSecretKeys({ [key]: 'x', notes: 'y' })).toEqual({ notes: 'y' });
  });

  it.each(['googleToken', 'caldavPassword', 'X-API-Key', 'TOKEN', 'user2Secret', 'api__key', 'my api-key'])(
    'in any spelling: %s',
    (key) => {
      expect(withoutSecretKeys({ [key]: 'x' })).toEqual({});
    },
  );

  it('also in rows inside it, in lists of them, and among what is named besides', () => {
    const data = {
      provider: { id: 4, settings: { salt: 'x', theme: 'dark' } },
      rows: [{ token: 'x', id: 1 }, 2],
      hash: 'x',
    };
    expect(withoutSecretKeys(data, new Set(['hash']))).toEqual({
      provider: { id: 4, settings: { theme: 'dark' } },
      rows: [{ id: 1 }, 2],
    });
    expect(withoutSecretKeys({ inside: { hash: 'x' }, all: [{ hash: 'x' }] }, new Set(['hash']))).toEqual({
      inside: {},
      all: [{}],
    });
  });
});

describe('a key that only looks like one stays', () => {
  it.each([
    'passwordless_login',
    'tokenizer',
    'key',
    'api',
    'apiary_keys',
    'google',
    'calendar',
    'url',
    'key_api',
  ])('%s', (key) => {
    expect(withoutSecretKeys({ [key]: 'x' })).toEqual({ [key]: 'x' });
  });

  it('and so do bytes, lists and what is no row', () => {
    const bytes = Buffer.from('abc');
    const data = { bytes, list: ['token', null, 4], nothing: null, text: 'secret' };
    expect(withoutSecretKeys(data)).toEqual(data);
    expect(withoutSecretKeys(data)['bytes']).toBe(bytes);
  });
});
