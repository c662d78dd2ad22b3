import type { IncomingHttpHeaders } from 'node:http';
import { AnswerTimeoutError } from '../http/https-client.ts';
import { PrivateAddressError } from '../http/guarded-lookup.ts';
import type { SendOutcome } from './sender.ts';

/** What a status means where a push service says nothing more of its own. */
export function outcomeOfStatus(status: number, headers: IncomingHttpHeaders, nowMs: number): SendOutcome {
  const reason = `status_${status}`;
  if (status >= 200 && status < 300) return { outcome: 'accepted' };
  if (status === 408 || status === 429 || status >= 500)
    return { outcome: 'later', reason, retryAfterMs: retryAfterMs(headers, nowMs) };
  return { outcome: 'refused', reason: status >= 300 && status < 400 ? 'redirect' : reason };
}

/** What it means that there was no answer. */
export function outcomeOfError(error: unknown): SendOutcome {
  if (error instanceof PrivateAddressError) return { outcome: 'refused', reason: 'private_address' };
  if (error instanceof AnswerTimeoutError) return { outcome: 'later', reason: 'timeout' };
  return { outcome: 'later', reason: 'unreachable' };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
