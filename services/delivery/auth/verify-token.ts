import type jwt from 'jsonwebtoken';
import type { TokenVerdict } from '../session/access.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import { failed, judge, type TokenRules } from './claims.ts';

/** `undefined`: no key signed it; `unavailable`: that cannot be told yet. */
export type Reading = jwt.Jwt | 'unavailable' | undefined;

/** Whatever is wrong with a token that none of our keys signed: what it claims is nobody's business. */
const FOREIGN = failed(
  'no key of this installation signed it: a secret signs by HS256, a public key is for RS256, PS256 or ES256',
);
/** jsonwebtoken parses what a token claims before it looks at the signature; a frame may bring one of 64 KiB. */
const MAX_TOKEN_LENGTH = 8_192;
const TOO_LONG = failed(`it is longer than ${MAX_TOKEN_LENGTH} characters`);
const UNAVAILABLE: TokenVerdict = {
  refused: 'OVERLOADED',
  message: 'The keys of the issuer of your token are being asked for. Come back with it in some seconds.',
};

/** Which claim is wrong is told only of a token that one of our keys signed. */
export function createTokenVerifier(
  keys: { read(token: string): Reading | Promise<Reading> },
  now: WallClock,
  rules: TokenRules,
): (token: string) => Promise<TokenVerdict> {
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return TOO_LONG;
    const signed = await keys.read(token);
    if (signed === 'unavailable') return UNAVAILABLE;
    return signed === undefined ? FOREIGN : judge(signed, unixMs(now()), rules);
  };
}
