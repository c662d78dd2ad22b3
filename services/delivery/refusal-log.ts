import { createHash } from 'node:crypto';
import type { FrameErrorCode } from '../../shared/contract/frames.ts';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';

/** Refusals remembered, about 300 bytes each; beyond, the oldest is forgotten and would be said again. */
const REMEMBERED_MAX = 10_000;
/** Who still comes after this is said again, with how often they came meanwhile. */
const SAY_AGAIN_MS = 60 * 60 * 1000;

/** What ends a connection that has shown no good token. */
export const doorCodes = [
  'AUTH_REQUIRED',
  'AUTH_FAILED',
  'TOKEN_EXPIRED',
] as const satisfies readonly FrameErrorCode[];

/** A client that was refused before it was anybody. */
export interface TurnedAway {
  readonly code: (typeof doorCodes)[number];
  readonly remoteAddress: string;
  /** As it came; only its digest is kept. */
  readonly token: string | undefined;
}

interface Said {
  readonly atMs: number;
  unsaid: number;
}

/**
 * Keeps clients that retry with a dead token for ever from filling the log: existing apps do so every 3 seconds. Each is
 * told at once all the same, since a refusal costs less than a connection that is kept waiting for it, and behind a proxy
 * an address is no person to punish.
 */
export class RefusalLog {
  readonly #said = new ExpiringMap<string, Said>(REMEMBERED_MAX, 2 * SAY_AGAIN_MS);

  /** How many have not been said since the last one that was; `undefined`: this one is not to be said either. */
  count({ code, remoteAddress, token }: TurnedAway, nowMs: number): number | undefined {
    const who = `${code} ${remoteAddress} ${token === undefined ? '' : digestOf(token)}`;
    const said = this.#said.get(who, nowMs);
    if (said !== undefined && nowMs - said.atMs < SAY_AGAIN_MS) {
      said.unsaid += 1;
      return undefined;
    }
    this.#said.set(who, { atMs: nowMs, unsaid: 0 }, nowMs);
    return said?.unsaid ?? 0;
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
