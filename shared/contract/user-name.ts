import { z } from 'zod';
import { parseId } from './ids.ts';
import { oneOf, roles, type Role } from './rooms.ts';

const USER = new RegExp(`^(${roles.join('|')}):(.+)$`);
const USER_EXPECTED = `expected a role and an id, such as provider:4; the roles are ${oneOf(roles)}`;

/** Ids are unique within a role only. */
export interface UserName {
  readonly role: Role;
  readonly userId: number;
}

/** `provider:4`, as an operator names a user. */
export const UserName = z.string(USER_EXPECTED).transform((name, context): UserName => {
  const [, roleName, idText] = USER.exec(name) ?? [];
  const role = roles.find((known) => known === roleName);
  const userId = parseId(idText);
  if (role !== undefined && userId !== undefined) return { role, userId };
  context.addIssue({ code: 'custom', message: USER_EXPECTED });
  return z.NEVER;
});

/** The name as it came, where it is one. */
export const UserText = z
  .string(USER_EXPECTED)
  .refine((name) => UserName.safeParse(name).success, USER_EXPECTED);
