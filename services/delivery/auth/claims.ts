import type { TokenVerdict } from '../session/access.ts';
import type jwt from 'jsonwebtoken';
import { z } from 'zod';
import { ageSeconds } from '../../../shared/config/setting-rules.ts';
import type { DeliveryConfig } from '../config.ts';
import { readPerson } from './person.ts';

/** Of tickets, which are signed with the same secrets and are no tokens. */
export const TICKET_AUDIENCE = 'roomcast-ticket';

/** RFC 3339 knows four digits of a year; later times are written as this one. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
/** How far the issuer's clock may be ahead of ours. */
const LEEWAY_MS = 30_000;
/** As seconds since 1970 this is the year 5138: a larger value is in milliseconds. */
const MILLISECONDS_FROM = 1e11;
/** RFC 7515 section 4.1.9: letters of any case, and `application/` may be left out. */
const TYPES = /^(application\/)?(at\+)?jwt$/i;

export const NumericDate = z
  .number('must be a number of seconds since 1970')
  .transform((seconds) => seconds * 1_000);

/** Claims as the fork issues them (`data`), or flat. */
const Claims = z.looseObject({
  exp: NumericDate,
  nbf: NumericDate.optional(),
  iat: NumericDate.optional(),
  jti: z.unknown().optional(),
  iss: z.unknown().optional(),
  aud: z.unknown().optional(),
  sub: z.unknown().optional(),
  data: z.looseObject({}, 'must be an object where it is there').optional(),
});
type Claims = z.infer<typeof Claims>;

export interface TokenRules {
  /** How far ahead a token may end. */
  readonly maxLifetimeMs: number;
  /** Who issues the tokens, and for whom; unset: anybody who holds a key. */
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

export function rulesOf({
  maxTokenLifetime,
  jwtIssuer: issuer,
  jwtAudience: audience,
}: Pick<DeliveryConfig, 'maxTokenLifetime' | 'jwtIssuer' | 'jwtAudience'>): TokenRules {
  return { maxLifetimeMs: ageSeconds(maxTokenLifetime) * 1_000, issuer, audience };
}

export function failed(why: string): TokenVerdict {
  return { refused: 'AUTH_FAILED', message: `The token is not valid here: ${why}.` };
}

const EXPIRED: TokenVerdict = {
  refused: 'TOKEN_EXPIRED',
  message: 'The token has expired. Come back with a new one.',
};

/** Of a token that one of our keys signed. */
export function judge({ header, payload }: jwt.Jwt, nowMs: number, rules: TokenRules): TokenVerdict {
  const parsed = Claims.safeParse(payload);
  if (!parsed.success) return failed(firstOf(parsed.error, payload));
  const claims = parsed.data;
  const strange = headerProblem(header) ?? addresseeProblem(claims, rules) ?? kindProblem(claims);
  if (strange !== undefined) return failed(strange);
  if (claims.exp <= nowMs) return EXPIRED;
  const early = timeProblem(claims, nowMs, rules);
  if (early !== undefined) return failed(early);
  const person = readPerson([claims.data ?? {}, claims], claims.sub);
  if ('problem' in person) return failed(person.problem);
  if (!person.success) return failed(firstOf(person.error, {}));
  const { user_id: userId, role } = person.data;
  const { iat: issuedAtMs, jti } = claims;
  const tokenId = typeof jti === 'string' ? jti : undefined;
  return { principal: { userId, role, expiresAtMs: Math.min(claims.exp, LAST_MS), issuedAtMs, tokenId } };
}

function headerProblem(header: Readonly<Record<string, unknown>> | jwt.JwtHeader): string | undefined {
  // RFC 7515 section 4.1.11: what it names must be understood, and we know no extension.
  const extension = ['crit', 'b64', 'zip'].find((name) => Object.hasOwn(header, name));
  if (extension !== undefined) {
    return `its header asks for an extension (${extension}), and none is known here`;
  }
  const { typ = 'JWT' } = header;
  return typeof typ === 'string' && TYPES.test(typ)
    ? undefined
    : 'typ must be JWT or at+jwt where it is there';
}

function addresseeProblem({ iss, aud }: Claims, { issuer, audience }: TokenRules): string | undefined {
  const audiences = [aud].flat();
  if (audiences.includes(TICKET_AUDIENCE)) {
    return 'it is a ticket, which opens one GET /v1/stream?ticket=… and nothing else';
  }
  if (issuer !== undefined && iss !== issuer) return 'iss must be the issuer that JWT_ISSUER names';
  if (audience !== undefined && !audiences.includes(audience)) {
    return 'aud must have the audience in it that JWT_AUDIENCE names';
  }
  return undefined;
}

/** A login half done, and a refresh token, say so in `type`. */
function kindProblem(claims: Claims): string | undefined {
  const types = [claims, claims.data ?? {}]
    .flatMap((place) => Object.entries(place))
    .filter(([name]) => name.toLowerCase() === 'type');
  return types.every(([, value]) => value === 'access')
    ? undefined
    : 'type must be "access" where it is there: a half-done login is none';
}

function timeProblem({ exp, nbf, iat }: Claims, nowMs: number, rules: TokenRules): string | undefined {
  for (const [name, fromMs] of Object.entries({ nbf, iat })) {
    if (fromMs !== undefined && fromMs > nowMs + LEEWAY_MS) {
      return `it is not valid before ${written(fromMs)} (${name}), and here it is ${written(nowMs)}`;
    }
  }
  if (exp <= nowMs + rules.maxLifetimeMs + LEEWAY_MS) return undefined;
  const unit = exp > MILLISECONDS_FROM * 1_000 ? ', and is in seconds, not milliseconds' : '';
  return `exp is further ahead than MAX_TOKEN_LIFETIME allows${unit}`;
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
