import { createLogger } from '../../shared/service/logger.ts';
import { steadyClock, wallClock } from '../../shared/service/clock.ts';
import { rulesOf } from '../../services/delivery/auth/claims.ts';
import { TokenKeys } from '../../services/delivery/auth/token-keys.ts';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { readConfig } from '../../services/delivery/config.ts';
import { finding, ok, unneeded, type Outcome } from '../core/examination.ts';
import type { Target } from './target.ts';

const WRONG =
  'the backend that issued it and roomcast need the same JWT_SECRET; or issue one as PROTOCOL.md says';

/** The secret against the token of `--token`, as delivery judges it. */
export async function givenToken({ token, sign, here, env }: Target): Promise<Outcome> {
  if (token === undefined) {
    return sign === undefined
      ? unneeded('none: give one by --token, or run it where JWT_SECRET is')
      : ok('one of our own, signed with JWT_SECRET; --token looks at one of the backend');
  }
  if (!here.delivery) return unneeded('no secret is here to hold it against: delivery will say');
  const config = readConfig(env);
  const keys = new TokenKeys(config, steadyClock, createLogger('doctor', 'silent'));
  try {
    const verdict = await createTokenVerifier(keys, wallClock, rulesOf(config))(token);
    if (!('refused' in verdict)) {
      const { role, userId, expiresAtMs } = verdict.principal;
      return ok(`it is ${role} ${userId}'s, until ${new Date(expiresAtMs).toISOString()}`);
    }
    if (verdict.refused === 'TOKEN_EXPIRED') {
      return finding(
        'the token of --token has expired',
        'get a new one from the backend; roomcast token makes one',
      );
    }
    return finding(verdict.message, WRONG);
  } finally {
    keys.close();
  }
}
