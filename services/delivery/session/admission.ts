import type { CloseName } from '../../../shared/contract/close-codes.ts';
import { errorFrame, type ErrorFrame } from '../../../shared/contract/frames.ts';
import type { DeliveryConfig } from '../config.ts';

/** A session that may be ended for another one. */
interface Ended {
  end(name: CloseName, why?: ErrorFrame): void;
}

/** Who may stay: so many without a token, and so many of one user. Beyond, the oldest goes and the newest stays. */
export class Admission<Member extends Ended> {
  /** In the order in which they came. */
  readonly #strangers = new Set<Member>();
  readonly #ofUser = new Map<string, Set<Member>>();
  readonly #userKeys = new Map<Member, string>();

  constructor(private readonly limits: Pick<DeliveryConfig, 'maxStrangers' | 'maxSessionsPerUser'>) {}

  /** Somebody has come, and has not shown a good token yet. */
  arrived(member: Member): void {
    this.#strangers.add(member);
    if (this.#strangers.size <= this.limits.maxStrangers) return;
    const [oldest] = this.#strangers;
    if (oldest === undefined) return;
    this.#strangers.delete(oldest);
    oldest.end('overloaded', errorFrame('OVERLOADED', 'Too many wait for a token. Send yours at once.'));
  }

  /** Its token is good. */
  admit(member: Member, userKey: string): void {
    this.#strangers.delete(member);
    const own = this.#ofUser.get(userKey) ?? new Set();
    this.#ofUser.set(userKey, own.add(member));
    this.#userKeys.set(member, userKey);
    if (own.size <= this.limits.maxSessionsPerUser) return;
    const [oldest] = own;
    if (oldest === undefined) return;
    this.left(oldest);
    oldest.end('replaced');
  }

  /** The connection is gone, or about to be. */
  left(member: Member): void {
    this.#strangers.delete(member);
    const userKey = this.#userKeys.get(member);
    if (userKey === undefined) return;
    this.#userKeys.delete(member);
    const own = this.#ofUser.get(userKey);
    own?.delete(member);
    if (own?.size === 0) this.#ofUser.delete(userKey);
  }
}
