import type { HealthReason } from './health.ts';

/** Knows since when each reason of a health report holds; a reason that was away in one report begins anew. */
export class ReasonTimes {
  #since = new Map<string, string>();

  /** `nowMs`: Unix time. Reasons are told apart by their codes, because figures in a message change. */
  stamp(reasons: readonly HealthReason[], nowMs: number): readonly HealthReason[] {
    const now = new Date(nowMs).toISOString();
    const stamped = reasons.map((reason) => ({ ...reason, since: this.#since.get(reason.code) ?? now }));
    this.#since = new Map(stamped.map(({ code, since }) => [code, since]));
    return stamped;
  }
}
