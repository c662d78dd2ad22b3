import { describe, expect, it } from '@jest/globals';
import { newVapidKeys, Vapid } from '../../services/push/crypto/vapid.ts';
import { NOW_MS } from './notifications.ts';
import { claimsIn } from './vapid-claims.ts';
import { vapidKeys } from './vapid-keys.ts';

const HOUR_MS = 3_600_000;
const ORIGIN = 'https://push.example.net';

const vapid = () => new Vapid(vapidKeys.privateKey, 'mailto:office@example.org');

describe('VAPID', () => {
  it('has a new pair each time, whose halves belong together', () => {
    const pairs = Array.from({ length: 300 }, newVapidKeys);
    for (const { publicKey, privateKey } of pairs)
      expect(new Vapid(privateKey, 'mailto:office@example.org').publicKey).toBe(publicKey);
    expect(new Set(pairs.map(({ privateKey }) => privateKey)).size).toBe(300);
  });

  it('makes the public key of the private one', () => {
    expect(vapid().publicKey).toBe(vapidKeys.publicKey);
  });

  it('signs whom it is for, for less than the 24 hours that are allowed, and whom to write to', () => {
    expect(claimsIn(vapid().authorization(ORIGIN, NOW_MS), vapidKeys.publicKey, NOW_MS)).toEqual({
      aud: ORIGIN,
      exp: NOW_MS / 1_000 + 12 * 3_600,
      sub: 'mailto:office@example.org',
    });
  });

  it('signs once for a push service, and again in time', () => {
    const ours = vapid();
    const first = ours.authorization(ORIGIN, NOW_MS);
    expect(ours.authorization(ORIGIN, NOW_MS + 5 * HOUR_MS)).toBe(first);
    const later = NOW_MS + 6 * HOUR_MS;
    expect(claimsIn(ours.authorization(ORIGIN, later), vapidKeys.publicKey, later)).toMatchObject({
      exp: later / 1_000 + 12 * 3_600,
    });
    expect(ours.authorization('https://other.example.net', later)).not.toBe(first);
  });

  it.each([
    ['is too short', Buffer.alloc(16, 1).toString('base64url')],
    ['is zero', Buffer.alloc(32).toString('base64url')],
    ['is beyond the order of the curve', Buffer.alloc(32, 0xff).toString('base64url')],
  ])('refuses a private key that %s', (_, key) => {
    expect(() => new Vapid(key, 'mailto:office@example.org')).toThrow();
  });
});
