import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Role } from '../../shared/contract/rooms.ts';

/** The HS256 secret of every test world; long enough to be accepted, and no placeholder. */
export const TEST_SECRET = 'only-for-tests-0123456789-abcdefghij';

export type TestRole = Role;

export interface TokenOptions {
  readonly ttlSeconds?: number;
  readonly secret?: string;
  /** Claims beside or instead of the fork's; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An access token as the fork issues it. */
export function tokenFor(role: TestRole, id: number, options: TokenOptions = {}): string {
  const nowS = Math.floor(Date.now() / 1000);
  const claims: Record<string, unknown> = {
    iss: 'http://localhost',
    iat: nowS,
    exp: nowS + (options.ttlSeconds ?? 900),
    sub: String(id),
    data: {
      user_id: id,
      email: `${role}${id}@example.org`,
      username: `${role}${id}`,
      role,
      timezone: 'Europe/Berlin',
    },
    ...options.claims,
  };
  // A secret that is no key object is tried as a private key first, which takes longer than all the rest.
  const key = createSecretKey(options.secret ?? TEST_SECRET, 'utf8');
  return jwt.sign(JSON.parse(JSON.stringify(claims)) as object, key, {
    algorithm: 'HS256',
    // Else one without `iat` is given it.
    noTimestamp: claims['iat'] === undefined,
  });
}
