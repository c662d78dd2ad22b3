import { OVERLOADED_MS } from './limits.ts';
import type { Input } from './machine.ts';

/** What the end of a connection means. */
export interface Verdict {
  readonly input: Extract<Input, 'failed' | 'toHold' | 'replaced' | 'refused'>;
  /** The least to wait, where the server says so. */
  readonly holdMs?: number;
  /** The token that was used is no good any more. */
  readonly isTokenBad?: boolean;
}

/** RFC 6455: the other side did not understand what we sent, and would not the next time. */
const OURS = [1002, 1003, 1007, 1008, 1010];

/** By PROTOCOL.md, "Close codes"; 4000-4499 come back and 4500-4999 do not, also where the code is not known here. */
export function verdictOf(code: number, reason: string): Verdict {
  if (code === 1013) return { input: 'toHold', holdMs: OVERLOADED_MS };
  if (code === 4008) return { input: 'toHold', holdMs: 1000 * (Number(/\d*$/.exec(reason)) || 60) };
  if (code === 4009) return { input: 'replaced' };
  if (code === 3000 || code === 4001) return { input: 'failed', isTokenBad: true };
  const isFinal = OURS.includes(code) || (code > 2999 && code < 4000) || code > 4499;
  return { input: isFinal ? 'refused' : 'failed' };
}
