import { z } from 'zod';
import { Id, parseId } from '../../../shared/contract/ids.ts';
import { roles } from '../../../shared/contract/rooms.ts';

export const Person = z.object({
  user_id: Id,
  role: z.enum(roles, `must be one of ${roles.join(', ')}`),
});

/** A place in a token that may say who its bearer is: `data`, as in the fork, or the top. */
interface Place {
  readonly user_id?: unknown;
  readonly role?: unknown;
}

type Reading = z.ZodSafeParseResult<z.infer<typeof Person>> | { readonly problem: string };

const APART = 'user_id and role must stand together, at the top or in data';
const TWO_USERS = 'it names two users: user_id and sub must be the same wherever they stand';
const TWO_ROLES = 'it names two roles: role must be the same at the top and in data';

/**
 * Id and role come from one place, where `sub` stands in for a missing id, and no other place may contradict it: another
 * reader could take the token for somebody else's. A `sub` that is no id is a name, and says nothing.
 */
export function readPerson(places: readonly Place[], sub: unknown): Reading {
  const candidates = places.map(({ user_id, role }) => ({ user_id: user_id ?? sub, role }));
  const whole = candidates.find(({ user_id, role }) => isGiven(user_id) && isGiven(role));
  const read = Person.safeParse(whole ?? firstOfEach(candidates));
  if (!read.success) return read;
  if (whole === undefined) return { problem: APART };
  const { user_id: id, role } = read.data;
  const isOther = (value: unknown) => parseId(value) !== id;
  if (
    places
      .map(({ user_id }) => user_id)
      .filter(isGiven)
      .some(isOther)
  )
    return { problem: TWO_USERS };
  if (parseId(sub) !== undefined && isOther(sub)) return { problem: TWO_USERS };
  if (places.some((place) => isGiven(place.role) && place.role !== role)) return { problem: TWO_ROLES };
  return read;
}

/** To say which claim is missing everywhere. */
function firstOfEach(places: readonly Place[]): Place {
  const [user_id] = places.map((place) => place.user_id).filter(isGiven);
  const [role] = places.map((place) => place.role).filter(isGiven);
  return { user_id, role };
}

function isGiven(claim: unknown): boolean {
  return claim !== undefined && claim !== null;
}
