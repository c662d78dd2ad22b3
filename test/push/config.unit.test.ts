import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { readConfig } from '../../services/push/config.ts';
import { ConfigError } from '../../shared/config/env.ts';
import { pushEnv } from './sleeping-phone.ts';

const env = pushEnv([], { PUSH_ALLOWED_HOSTS: 'ntfy.example.org' });
const problemsOf = (fields: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readConfig({ ...env, ...fields });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ name, message }) => `${name} ${message}`);
  }
};
const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const account = {
  project_id: 'office-1',
  client_email: 'push@office-1.example.org',
  private_key: privateKey,
  token_uri: 'https://oauth2.example.org/token',
};

describe('the settings of push', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['with Web Push', {}],
    ['with ntfy alone', { PUSH_VAPID_PUBLIC_KEY: '', PUSH_VAPID_PRIVATE_KEY: '', PUSH_SUBJECT: '' }],
    ['with FCM', { PUSH_FCM_ACCOUNT: JSON.stringify(account), PUSH_FCM_MESSAGE: 'data' }],
    [
      'with APNs',
      {
        PUSH_APNS_KEY: privateKey,
        PUSH_APNS_KEY_ID: 'K1',
        PUSH_APNS_TEAM_ID: 'T1',
        PUSH_APNS_TOPIC: 'org.example.app',
      },
    ],
    ['with an address of the app itself', { PUSH_CLICK_URL: 'office://appointments/{id}' }],
  ])('are good %s', (_what, fields) => {
    expect(problemsOf(fields)).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['push is off', { PUSH: 'off' }, 'PUSH must be on'],
    ['nobody keeps receipts', { RECEIPTS: 'off' }, 'PUSH needs RECEIPTS=on'],
    ['nothing says what a tap opens', { PUSH_CLICK_URL: '' }, 'PUSH_CLICK_URL'],
    ['a tap opens no URL', { PUSH_CLICK_URL: 'appointments/{id}' }, 'PUSH_CLICK_URL expected a URL'],
    ['half of the VAPID pair is missing', { PUSH_VAPID_PUBLIC_KEY: '' }, 'go together'],
    ['the halves are of two pairs', { PUSH_VAPID_PUBLIC_KEY: `B${'a'.repeat(86)}` }, 'is not the other half'],
    ['the subject is nobody', { PUSH_SUBJECT: 'it' }, 'PUSH_SUBJECT expected whom'],
    [
      'a host is a URL',
      { PUSH_ALLOWED_HOSTS: 'https://ntfy.example.org' },
      'PUSH_ALLOWED_HOSTS expected hosts',
    ],
    ['the service account is a path', { PUSH_FCM_ACCOUNT: '/run/account.json' }, 'PUSH_FCM_ACCOUNT_FILE'],
    ['the key of Apple lacks its id', { PUSH_APNS_KEY: privateKey }, 'PUSH_APNS_KEY_ID'],
  ])('cannot work where %s', (_what, fields, expected) => {
    expect(problemsOf(fields).join('\n')).toContain(expected);
  });

  it('name no secret when they cannot work', () => {
    const text = problemsOf({ PUSH_VAPID_PRIVATE_KEY: 'planted', PUSH_FCM_ACCOUNT: '{"planted":1}' }).join();
    expect(text).not.toContain('planted');
  });
});
