import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import type { SendOutcome } from './senders/sender.ts';
import type { Refusal } from './health.ts';

const KEPT_MS = 15 * 60_000;
/** Kinds and reasons are few. */
const MAX_KEPT = 20;
/** A phone named it, and its registration was taken under other settings: nobody here has to mend anything. */
const OF_DEVICE: ReadonlySet<string> = new Set(['no_subscriber', 'bad_subscription', 'private_address']);

/** What push services refused of late that an operator has to look at. */
export class Refusals {
  readonly #kept = new ExpiringMap<string, Refusal>(MAX_KEPT, KEPT_MS);
  readonly #keys = new Set<string>();

  note(kind: string, outcome: SendOutcome, nowMs: number): void {
    if (outcome.outcome !== 'refused' || OF_DEVICE.has(outcome.reason)) return;
    const key = `${kind} ${outcome.reason}`;
    this.#keys.add(key);
    this.#kept.set(key, { kind, reason: outcome.reason }, nowMs);
  }

  of(nowMs: number): readonly Refusal[] {
    return [...this.#keys].flatMap((key) => this.#kept.get(key, nowMs) ?? []);
  }
}
