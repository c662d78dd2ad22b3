import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { FrameErrorCode } from '../../../shared/contract/frames.ts';
import type { SessionLimits } from './session-ports.ts';

export const HOW_TO_AUTH = 'Send {"action":"auth","token":"…"} first.';

/** How far an open session has got, and how long it has been there. */
interface Stage {
  readonly state: 'waiting' | 'entering' | 'live';
  readonly inStateMs: number;
  /** Until its token expires, where it has shown one. */
  readonly tokenLeftMs: number;
}

type Refusal = readonly [code: FrameErrorCode, message: string, close: CloseName];

/** Why a session has to end, if its time is over. */
export function refusalInTime(
  { state, inStateMs, tokenLeftMs }: Stage,
  limits: Pick<SessionLimits, 'authTimeoutMs' | 'joinTimeoutMs'>,
): Refusal | undefined {
  if (tokenLeftMs <= 0)
    return ['TOKEN_EXPIRED', 'The token has expired. Come back with a new one.', 'tokenExpired'];
  if (state === 'waiting' && inStateMs >= limits.authTimeoutMs)
    return ['AUTH_REQUIRED', `No token came in time. ${HOW_TO_AUTH}`, 'noToken'];
  if (state === 'entering' && inStateMs >= limits.joinTimeoutMs)
    return ['OVERLOADED', 'Your rooms could not be joined in time. Try again later.', 'overloaded'];
  return undefined;
}
