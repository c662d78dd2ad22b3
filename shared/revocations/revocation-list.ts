import type { Role } from '../contract/rooms.ts';
import { UserName } from '../contract/user-name.ts';
import type { Revocation } from './revocation.ts';

/** Of a token, what a revocation may name. */
export interface Bearer {
  readonly userId: number;
  readonly role: Role;
  readonly tokenId?: string | undefined;
  readonly issuedAtMs?: number | undefined;
}

/** `blocked`: no token of the user is taken; `outdated`: one that is issued now may be. */
export type Verdict = 'blocked' | 'outdated' | undefined;

interface InForce {
  readonly revocation: Revocation;
  readonly untilMs: number;
  /** Tokens from before are meant; infinite: all. */
  readonly issuedBeforeMs: number;
  readonly verdict: Exclude<Verdict, undefined>;
}

const EVERYBODY = 'everybody';

/** What is revoked, until its time is over. Whom it concerns is found by a look at three places, however much there is. */
export class RevocationList {
  readonly #byId = new Map<string, InForce>();
  readonly #byBearer = new Map<string, Set<InForce>>();

  get size(): number {
    return this.#byId.size;
  }

  add(revocation: Revocation, nowMs: number): void {
    const untilMs = Date.parse(revocation.until);
    if (untilMs <= nowMs || this.#byId.has(revocation.id)) return;
    const { issued_before, jti } = revocation;
    const issuedBeforeMs = issued_before === undefined ? Infinity : Date.parse(issued_before);
    const verdict = issued_before === undefined && jti === undefined ? 'blocked' : 'outdated';
    const inForce = { revocation, untilMs, issuedBeforeMs, verdict } as const;
    this.#byId.set(revocation.id, inForce);
    const bearer = namedBy(revocation);
    const others = this.#byBearer.get(bearer);
    if (others === undefined) this.#byBearer.set(bearer, new Set([inForce]));
    else others.add(inForce);
  }

  lift(id: string): void {
    const inForce = this.#byId.get(id);
    if (inForce === undefined) return;
    this.#byId.delete(id);
    const bearer = namedBy(inForce.revocation);
    const others = this.#byBearer.get(bearer);
    others?.delete(inForce);
    if (others?.size === 0) this.#byBearer.delete(bearer);
  }

  has(id: string, nowMs: number): boolean {
    return (this.#byId.get(id)?.untilMs ?? 0) > nowMs;
  }

  /** Those in force, in the order in which they came. */
  entries(nowMs: number): Revocation[] {
    return [...this.#byId.values()]
      .filter(({ untilMs }) => untilMs > nowMs)
      .map(({ revocation }) => revocation);
  }

  judge({ userId, role, tokenId, issuedAtMs }: Bearer, nowMs: number): Verdict {
    if (this.size === 0) return undefined;
    // A token that does not say when it was issued may be from before.
    const sinceMs = issuedAtMs ?? -Infinity;
    const bearers = [EVERYBODY, personOf(role, userId), ...(tokenId === undefined ? [] : [tokenOf(tokenId)])];
    const verdicts = bearers
      .flatMap((bearer) => [...(this.#byBearer.get(bearer) ?? [])])
      .filter(({ untilMs, issuedBeforeMs }) => untilMs > nowMs && sinceMs < issuedBeforeMs)
      .map(({ verdict }) => verdict);
    return verdicts.includes('blocked') ? 'blocked' : verdicts[0];
  }

  /** Called now and then: what is over takes no memory. */
  forgetEnded(nowMs: number): void {
    for (const [id, { untilMs }] of this.#byId) if (untilMs <= nowMs) this.lift(id);
  }
}

function namedBy({ user, jti }: Revocation): string {
  if (jti !== undefined) return tokenOf(jti);
  if (user === undefined) return EVERYBODY;
  const { role, userId } = UserName.parse(user);
  return personOf(role, userId);
}

/** Staff change roles and stay who they are; a customer with the id of one of them is somebody else. */
function personOf(role: Role, userId: number): string {
  return `${role === 'customer' ? 'customer' : 'staff'} ${userId}`;
}

function tokenOf(jti: string): string {
  return `token ${jti}`;
}
