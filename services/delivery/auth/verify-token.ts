import jwt from 'jsonwebtoken';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { Id } from '../../../shared/contract/ids.ts';
import { roles } from '../core/access.ts';
import type { TokenVerdict } from '../core/session-ports.ts';

/** RFC 3339 knows four digits of a year: a token that ends later (seconds mixed up with milliseconds) ends here. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** Claims as the fork issues them (`data`), or flat. `type` is absent or `access`; a half-done login is neither. */
const Claims = z
  .object({
    exp: z.number().int().positive(),
    type: z.literal('access').optional(),
    sub: z.unknown().optional(),
    user_id: z.unknown().optional(),
    role: z.unknown().optional(),
    data: z.object({ user_id: z.unknown().optional(), role: z.unknown().optional() }).optional(),
  })
  .transform(({ exp, sub, user_id, role, data }) => ({
    userId: data?.user_id ?? user_id ?? sub,
    role: data?.role ?? role,
    expiresAtMs: Math.min(exp * 1000, LAST_MS),
  }))
  .pipe(z.object({ userId: Id, role: z.enum(roles), expiresAtMs: z.number() }));

const FAILED: TokenVerdict = {
  refused: 'AUTH_FAILED',
  message:
    'The token is not valid here: expected an HS256 access token of this installation with exp, user_id and role.',
};
const EXPIRED: TokenVerdict = {
  refused: 'TOKEN_EXPIRED',
  message: 'The token has expired. Come back with a new one.',
};

/** HS256 only, against each of the secrets; never says which check failed beyond expiry. */
export function createTokenVerifier(
  secrets: readonly string[],
  now: () => number,
): (token: string) => TokenVerdict {
  // Given a string, jsonwebtoken first tries at each token whether it is a public key: 15 times the work.
  const keys = secrets.map((secret) => createSecretKey(Buffer.from(secret)));
  return (token) => {
    for (const key of keys) {
      const verdict = verifyWith(key, token, now());
      if (verdict !== undefined) return verdict;
    }
    return FAILED;
  };
}

/** `undefined`: not signed with this key; another one may fit. */
function verifyWith(key: KeyObject, token: string, nowMs: number): TokenVerdict | undefined {
  try {
    const payload = jwt.verify(token, key, { algorithms: ['HS256'], clockTimestamp: nowMs / 1000 });
    const claims = Claims.safeParse(payload);
    return claims.success ? { principal: claims.data } : FAILED;
  } catch (error) {
    return error instanceof jwt.TokenExpiredError ? EXPIRED : undefined;
  }
}
