import type { FrameErrorCode } from '../../../shared/contract/frames.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { LineBudget } from '../../../shared/core/line-budget.ts';
import { tokenDigest } from './token-digest.ts';

/** Refusals remembered, about 300 bytes each; beyond, the oldest is forgotten and would be said again. */
const REMEMBERED_MAX = 10_000;
/** Who still comes after this is said again, with how often they came meanwhile. */
const LOG_AGAIN_MS = 60 * 60 * 1000;

/** What ends a connection before it is a session. */
export const refusedAtAuth = [
  'AUTH_REQUIRED',
  'AUTH_FAILED',
  'TOKEN_EXPIRED',
  'RATE_LIMITED',
  'OVERLOADED',
] as const satisfies readonly FrameErrorCode[];

/** A client that was refused before it was anybody. */
export interface RefusedClient {
  readonly code: (typeof refusedAtAuth)[number];
  /** Of its address. */
  readonly network: string;
  /** As it came; only its digest is kept. */
  readonly token: string | undefined;
}

interface LastLogged {
  readonly atMs: number;
  suppressed: number;
}

/** What is said with a refusal. */
export interface Unsaid {
  /** How often the same client was refused since it was said last. */
  readonly sinceLastLogged: number;
  /** Lines about anybody that went over the budget since the last one. */
  readonly leftOut: number;
}

/**
 * Keeps clients that retry with a dead token for ever from filling the log: existing apps do so every 3 seconds. Each is
 * told at once all the same, since a refusal costs less than a connection that is kept waiting for it, and behind a proxy
 * an address is no person to punish. Those who bring another token each time have a budget of lines.
 */
export class RefusalLog {
  readonly #logged = new ExpiringMap<string, LastLogged>(REMEMBERED_MAX, 2 * LOG_AGAIN_MS);

  constructor(private readonly lines: LineBudget) {}

  /** `undefined`: this one is not to be said. */
  count({ code, network, token }: RefusedClient, nowMs: number): Unsaid | undefined {
    const who = `${code} ${network} ${token === undefined ? '' : tokenDigest(token)}`;
    const last = this.#logged.get(who, nowMs);
    const isDue = last === undefined || nowMs - last.atMs >= LOG_AGAIN_MS;
    const leftOut = isDue ? this.lines.take(network, nowMs) : undefined;
    if (leftOut === undefined) {
      if (last !== undefined) last.suppressed += 1;
      return undefined;
    }
    this.#logged.set(who, { atMs: nowMs, suppressed: 0 }, nowMs);
    return { sinceLastLogged: last?.suppressed ?? 0, leftOut };
  }
}
