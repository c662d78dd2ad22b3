import jwt from 'jsonwebtoken';
import { createHmac } from 'node:crypto';
import { NOON } from './fakes.ts';

export const SECRET = 'the-secret-of-these-tests-0123456789';
export const OLD_SECRET = 'the-secret-before-that-one-987654321';
export const nowS = NOON / 1000;

export const LIFETIME_S = 31 * 24 * 60 * 60;
/** An access token as the fork issues it, but for what a test says otherwise. */
export function claims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
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

export const data = (changes: object) => claims({ data: { user_id: 4, role: 'provider', ...changes } });

export function sign(payload: object, secret = SECRET, algorithm: jwt.Algorithm = 'HS256'): string {
  return jwt.sign(payload, secret, { algorithm });
}

export const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** As no library would sign it. */
export function byHand(payload: object | string, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const signed = `${encode(header)}.${Buffer.from(text).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}
