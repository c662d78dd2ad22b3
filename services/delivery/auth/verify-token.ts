import type { TokenVerdict } from '../session/access.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import { failed, judge, type TokenRules } from './claims.ts';
import { Hs256Keys } from './hs256.ts';

/** Whatever is wrong with a token that none of our secrets signed: what it claims is nobody's business. */
const FOREIGN = failed('it is no HS256 token that one of the secrets of this installation signed');

/** HS256 only, against each of the secrets. Which claim is wrong is told only of a token that one of them signed. */
export function createTokenVerifier(
  secrets: readonly string[],
  now: WallClock,
  rules: TokenRules,
): (token: string) => TokenVerdict {
  const keys = new Hs256Keys(secrets);
  return (token) => {
    const signed = keys.read(token);
    return signed === undefined ? FOREIGN : judge(signed, unixMs(now()), rules);
  };
}
