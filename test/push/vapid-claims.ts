import { expect } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { createPublicKey } from 'node:crypto';

/** What a push service reads in the header, by the key that is in it and that its subscriber gave. */
export function claimsIn(authorization: string, publicKey: string, nowMs: number): unknown {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? [];
  expect(key).toBe(publicKey);
  const point = Buffer.from(key, 'base64url');
  const half = (from: number) => point.subarray(from, from + 32).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: half(1), y: half(33) };
  return jwt.verify(token, createPublicKey({ format: 'jwk', key: jwk }), {
    algorithms: ['ES256'],
    clockTimestamp: nowMs / 1_000,
  });
}
