import { describe, expect, it } from '@jest/globals';
import { settingProblems } from '../../../tools/start/check-settings.ts';
import { withPushDefaults, withPushService } from '../../../tools/start/push-environment.ts';
import { TEST_SECRET } from '../../support/tokens.ts';

const pair = { JWT_SECRET: TEST_SECRET, INGEST_API_KEYS: 'key-of-the-start-for-tests-0123456789' };

describe('npm start with PUSH=on', () => {
  it('needs no other setting', () => {
    expect(settingProblems(withPushDefaults({ ...pair, PUSH: 'on' }, 8_084))).toEqual([]);
  });

  it('leaves what somebody has set', () => {
    const given = { ...pair, PUSH: 'on', PUSH_AFTER_SECONDS: '9', PUSH_CLICK_URL: 'app://{id}' };
    expect(withPushDefaults(given, 8_084)).toMatchObject(given);
    const half = { ...given, PUSH_SUBJECT: 'mailto:it@example.org' };
    expect(
      settingProblems(withPushDefaults(half, 8_084))
        .map(({ message }) => message)
        .join(),
    ).toContain('go together');
  });

  it('lets phones name the push service of the demo beside those that may be named anyway', () => {
    const service = { host: '127.0.0.1:4711', certificates: '/tmp/certificates.pem' };
    const hosts = (env: Readonly<Record<string, string>>) =>
      withPushService({ ...pair, PUSH: 'on', ...env }, service)['PUSH_ALLOWED_HOSTS'];
    expect(hosts({})).toMatch(/^\*\.googleapis\.com,.*,127\.0\.0\.1:4711$/);
    expect(hosts({ PUSH_ALLOWED_HOSTS: 'ntfy.example.org' })).toBe('ntfy.example.org,127.0.0.1:4711');
  });
});

describe('npm start without push', () => {
  it('sets nothing for it', () => {
    expect(withPushDefaults(pair, 8_084)).toBe(pair);
    expect(withPushDefaults({ ...pair, PUSH: 'off' }, 8_084)).toEqual({ ...pair, PUSH: 'off' });
  });
});
