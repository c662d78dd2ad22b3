import type { Refused, TokenVerdict, Verify } from '../session/access.ts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { stampOf, unixMs, wallTime } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import { NumericDate, TICKET_AUDIENCE } from './claims.ts';
import type { Hs256Keys } from './hs256.ts';
import { Person } from './person.ts';

const LIFETIME_MS = 60_000;
/** How far the clock of the instance that issued a ticket may be ahead of ours. */
const LEEWAY_MS = 30_000;
/** Used tickets that are remembered; with more in a lifetime, the oldest could be used again. */
const MAX_USED = 100_000;

const TicketClaims = z.object({
  aud: z.literal(TICKET_AUDIENCE),
  jti: z.uuid(),
  exp: NumericDate,
  /** Not where tokens have them: the backend has the same secret, and must not take a ticket for a token either. */
  session: Person.extend({
    exp: NumericDate,
    iat: NumericDate.optional(),
    jti: z.string().optional(),
  }),
});

export type Issued = { readonly ticket: string; readonly expiresAt: string };

const HOW_TO_GET = 'Ask for a new one: POST /v1/tickets with the token.';
const refused = (refused: 'AUTH_FAILED' | 'TOKEN_EXPIRED', why: string): TokenVerdict => ({
  refused,
  message: `${why} ${HOW_TO_GET}`,
});

/**
 * Tickets stand in for a token where it would have to be in a URL: in a browser, `EventSource` sends no headers. A ticket
 * is good for one connect to each instance within a minute, and its session ends when the token's would have.
 */
export class Tickets {
  readonly #lifetimeMs: number;
  readonly #used: ExpiringMap<string, true>;

  constructor(
    private readonly keys: Hs256Keys,
    private readonly verify: Verify,
    private readonly now: WallClock,
    { lifetimeMs = LIFETIME_MS, maxUsed = MAX_USED }: { lifetimeMs?: number; maxUsed?: number } = {},
  ) {
    this.#lifetimeMs = lifetimeMs;
    // On the clock by which tickets end: none is forgotten while it is still good.
    this.#used = new ExpiringMap(maxUsed, lifetimeMs + LEEWAY_MS);
  }

  async issue(token: string): Promise<Issued | Refused> {
    const verdict = await this.verify(token);
    if ('refused' in verdict) return verdict;
    const { userId, role, expiresAtMs, issuedAtMs, tokenId } = verdict.principal;
    const iat = issuedAtMs === undefined ? undefined : issuedAtMs / 1_000;
    const endMs = Math.min(unixMs(this.now()) + this.#lifetimeMs, expiresAtMs);
    const ticket = this.keys.sign({
      aud: TICKET_AUDIENCE,
      jti: randomUUID(),
      exp: endMs / 1_000,
      session: { user_id: userId, role, exp: expiresAtMs / 1_000, iat, jti: tokenId },
    });
    return { ticket, expiresAt: stampOf(wallTime(endMs)) };
  }

  /** The ticket is used up by this, if it was good. */
  redeem(ticket: string): TokenVerdict {
    const parsed = TicketClaims.safeParse(this.keys.read(ticket)?.payload);
    if (!parsed.success) return refused('AUTH_FAILED', 'This is no ticket of this installation.');
    const { jti: ticketId, exp, session } = parsed.data;
    const nowMs = unixMs(this.now());
    if (exp <= nowMs) return refused('TOKEN_EXPIRED', 'The ticket has expired.');
    if (exp > nowMs + this.#lifetimeMs + LEEWAY_MS) {
      return refused('AUTH_FAILED', 'The ticket ends later than any that is issued here.');
    }
    if (this.#used.get(ticketId, nowMs) === true) {
      return refused('AUTH_FAILED', 'The ticket was used before, and is good for one connect.');
    }
    this.#used.set(ticketId, true, nowMs);
    const { user_id: userId, role, exp: expiresAtMs, iat: issuedAtMs, jti: tokenId } = session;
    return { principal: { userId, role, expiresAtMs, issuedAtMs, tokenId } };
  }
}
