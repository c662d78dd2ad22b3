import type { ControlAnswers } from '../../../shared/contract/control.ts';
import type { PushReceipt, Receipt } from '../../../shared/contract/receipt.ts';
import type { Role } from '../../../shared/contract/rooms.ts';
import { parseRoom, personalKindOf } from '../../../shared/contract/routing.ts';
import type { EventRow, TracedPerson } from '../../../shared/contract/trace.ts';
import { UserName } from '../../../shared/contract/user-name.ts';
import type { Revocation } from '../../../shared/revocations/revocation.ts';

export interface Person {
  readonly role: Role;
  readonly user_id: number;
}

/** Where people are now, as all instances that answered say. */
export type Whereabouts = ControlAnswers['people'] & { readonly missing: readonly string[] };

/**
 * Whose personal rooms an event went to: `admin` and `calendar` are nobody's. Nobody of one that is not an appointment's, of which
 * there are no receipts.
 */
export function recipientsOf({ event, rooms }: Pick<EventRow, 'event' | 'rooms'>): Person[] {
  if (!event.startsWith('appointment.')) return [];
  return rooms.flatMap((name) => {
    const role = personalKindOf(name);
    if (role === undefined || parseRoom(name) === undefined) return [];
    return [{ role, user_id: Number(name.slice(role.length + 1)) }];
  });
}

/** How far the event got with somebody; `undefined` where nobody was told. The first receipt of the furthest stage counts. */
export function toldOf(person: Person, receipts: readonly Receipt[]): TracedPerson | undefined {
  const own = receipts
    .filter(([, , role, userId]) => role === person.role && userId === person.user_id)
    .toSorted(([, , , , , one], [, , , , , other]) => Date.parse(one) - Date.parse(other));
  const furthest = (['seen', 'delivered', 'written'] as const)
    .map((stage) => own.find(([, , , , reached]) => reached === stage))
    .find((found) => found !== undefined);
  if (furthest === undefined) return undefined;
  const [, , , , stage, at, connection_id, instance] = furthest;
  const written = own.filter((one) => one[4] === 'written');
  const byIt = written.find((one) => one[6] === connection_id && one[7] === instance);
  // What was confirmed by coming back was written to the connection before.
  const how = (byIt ?? written.at(-1))?.[8];
  return { ...person, stage, at, ...(how !== undefined && { how }), connection_id, instance };
}

/** What push made of it: that a push service took it, where one did, and else why not at last. */
export function pushOf(
  { role, user_id }: Person,
  pushes: readonly PushReceipt[],
): Pick<TracedPerson, 'push'> {
  const own = pushes.filter(([, , kind, userId]) => kind === role && userId === user_id);
  const found = own.find(([, , , , stage]) => stage === 'pushed') ?? own.at(-1);
  if (found === undefined) return {};
  const [, , , , stage, at, , how] = found;
  return { push: { stage, at, how } };
}

/** Why nobody has confirmed what was written to them. */
export function whyUnconfirmed(told: TracedPerson, { sessions, missing }: Whereabouts): TracedPerson {
  const { connection_id: id, instance = '' } = told;
  const isHere = sessions.some((one) => one.connection_id === id && one.instance === instance);
  return { ...told, reason: isHere || missing.includes(instance) ? 'unconfirmed' : 'connection_gone' };
}

/** Why somebody was not told. */
export function whyNobody(
  person: Person,
  eventMs: number,
  { sessions, left }: Whereabouts,
  revocations: readonly Revocation[],
): TracedPerson {
  const none = { ...person, stage: 'none' } as const;
  const sameId = sessions.filter(({ user_id }) => user_id === person.user_id);
  const times = sameId
    .filter(({ role }) => role === person.role)
    .map(({ since }) => since)
    .sort();
  const [since] = times;
  if (since !== undefined) {
    const reason = Date.parse(since) <= eventMs ? 'no_receipt' : 'connected_later';
    return { ...none, reason, since };
  }
  const revoked = revocations.find((one) => names(one, person));
  if (revoked !== undefined) return { ...none, reason: 'revoked', since: revoked.created_at };
  const [other] = sameId;
  if (other !== undefined) return { ...none, reason: 'other_role', as: other.role, since: other.since };
  const leftAt = left
    .filter(({ role, user_id }) => role === person.role && user_id === person.user_id)
    .map(({ at }) => at)
    .sort()
    .at(-1);
  return { ...none, reason: 'no_session', ...(leftAt !== undefined && { since: leftAt }) };
}

/** Staff are one person in all their roles. */
function names({ user, all }: Revocation, { role, user_id }: Person): boolean {
  const named = UserName.safeParse(user).data;
  if (named === undefined) return all === true;
  return named.userId === user_id && (named.role === 'customer') === (role === 'customer');
}
