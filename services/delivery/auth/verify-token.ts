import type { TokenVerdict } from '../session/access.ts';
import type jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Id } from '../../../shared/contract/ids.ts';
import { roles } from '../../../shared/contract/rooms.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import { Hs256Keys } from './hs256.ts';

/** Of tickets, which are signed with the same secrets and are no tokens. */
export const TICKET_AUDIENCE = 'roomcast-ticket';

/** RFC 3339 knows four digits of a year; later times are written as this one. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
/** How far the issuer's clock may be ahead of ours. */
const LEEWAY_MS = 30_000;
/** As seconds since 1970 this is the year 5138: a larger value is in milliseconds. */
const MILLISECONDS_FROM = 1e11;

export const NumericDate = z
  .number('must be a number of seconds since 1970')
  .transform((seconds) => seconds * 1_000);

/** Claims as the fork issues them (`data`), or flat. `type` is absent or `access`; a half-done login is neither. */
const Claims = z.object({
  exp: NumericDate,
  nbf: NumericDate.optional(),
  iat: NumericDate.optional(),
  aud: z.unknown().optional(),
  type: z.literal('access', 'must be "access" where it is there: a half-done login is none').optional(),
  sub: z.unknown().optional(),
  user_id: z.unknown().optional(),
  role: z.unknown().optional(),
  data: z
    .object(
      { user_id: z.unknown().optional(), role: z.unknown().optional() },
      'must be an object where it is there',
    )
    .optional(),
});

export const Person = z.object({
  user_id: Id,
  role: z.enum(roles, `must be one of ${roles.join(', ')}`),
});

const failed = (why: string): TokenVerdict => ({
  refused: 'AUTH_FAILED',
  message: `The token is not valid here: ${why}.`,
});
/** Whatever is wrong with a token that none of our secrets signed: what it claims is nobody's business. */
const FOREIGN = failed('it is no HS256 token that one of the secrets of this installation signed');
const TICKET = failed('it is a ticket, which opens one GET /v1/stream?ticket=… and nothing else');
const EXPIRED: TokenVerdict = {
  refused: 'TOKEN_EXPIRED',
  message: 'The token has expired. Come back with a new one.',
};

/** HS256 only, against each of the secrets. Which claim is wrong is told only of a token that one of them signed. */
export function createTokenVerifier(
  secrets: readonly string[],
  now: WallClock,
  { maxLifetimeMs }: { readonly maxLifetimeMs: number },
): (token: string) => TokenVerdict {
  const keys = new Hs256Keys(secrets);
  return (token) => {
    const signed = keys.read(token);
    return signed === undefined ? FOREIGN : judge(signed, unixMs(now()), maxLifetimeMs);
  };
}

function judge({ header, payload }: jwt.Jwt, nowMs: number, maxLifetimeMs: number): TokenVerdict {
  // RFC 7515 section 4.1.11: what it names must be understood, and we know no extension.
  if (Object.hasOwn(header, 'crit'))
    return failed('its header asks for extensions (crit), and none is known here');
  const parsed = Claims.safeParse(payload);
  if (!parsed.success) return failed(firstOf(parsed.error, payload));
  const { exp, nbf, iat, aud, sub, user_id, role, data } = parsed.data;
  if ([aud].flat().includes(TICKET_AUDIENCE)) return TICKET;
  if (exp <= nowMs) return EXPIRED;
  for (const [name, fromMs] of Object.entries({ nbf, iat })) {
    if (fromMs !== undefined && fromMs > nowMs + LEEWAY_MS) {
      return failed(`it is not valid before ${written(fromMs)} (${name}), and here it is ${written(nowMs)}`);
    }
  }
  if (exp > nowMs + maxLifetimeMs + LEEWAY_MS) {
    const unit = exp > MILLISECONDS_FROM * 1_000 ? ', and is in seconds, not milliseconds' : '';
    return failed(`exp is further ahead than MAX_TOKEN_LIFETIME allows${unit}`);
  }
  const person = Person.safeParse({
    user_id: data?.user_id ?? user_id ?? sub,
    role: data?.role ?? role,
  });
  if (!person.success) return failed(firstOf(person.error, {}));
  return {
    principal: {
      userId: person.data.user_id,
      role: person.data.role,
      expiresAtMs: Math.min(exp, LAST_MS),
    },
  };
}

/** The claim and what is wrong with it, never its value. */
function firstOf({ issues }: z.ZodError, payload: unknown): string {
  const { path = [], message = '' } = issues[0] ?? {};
  const name = path.join('.');
  if (name === '') return 'its payload must be an object of claims';
  const isMissing = name === 'exp' && typeof payload === 'object' && payload !== null && !('exp' in payload);
  return isMissing ? 'exp is missing' : `${name} ${message}`;
}

function written(atMs: number): string {
  return new Date(Math.min(atMs, LAST_MS)).toISOString();
}
