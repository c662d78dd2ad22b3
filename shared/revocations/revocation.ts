import { z } from 'zod';
import { parseId } from '../contract/ids.ts';
import { oneOf, roles, type Role } from '../contract/rooms.ts';

/** Longer than any reason that a person reads, and any id of a token that is one. */
const MAX_TEXT = 1_000;

const USER = new RegExp(`^(${roles.join('|')}):(.+)$`);
const USER_EXPECTED = `expected a role and an id, such as provider:4; the roles are ${oneOf(roles)}`;

/** `provider:4`, as the operator names a user. */
export interface UserName {
  readonly role: Role;
  readonly userId: number;
}

export const UserName = z.string(USER_EXPECTED).transform((name, context): UserName => {
  const [, roleName, idText] = USER.exec(name) ?? [];
  const role = roles.find((known) => known === roleName);
  const userId = parseId(idText);
  if (role !== undefined && userId !== undefined) return { role, userId };
  context.addIssue({ code: 'custom', message: USER_EXPECTED });
  return z.NEVER;
});

const TIME_EXPECTED = 'expected a time in RFC 3339, such as 2026-11-26T09:00:00Z';
export const Time = z.iso.datetime({ offset: true, error: TIME_EXPECTED });

const Text = z.string().min(1).max(MAX_TEXT);

/** What an operator asks for, in the words of `POST /v1/admin/revocations`. */
export const revocationFields = {
  /** Staff are one person in all their roles. */
  user: z
    .string()
    .refine((name) => UserName.safeParse(name).success, USER_EXPECTED)
    .optional(),
  jti: Text.optional(),
  all: z.literal(true).optional(),
  /** Only tokens from before; without it, every token of the user. */
  issued_before: Time.optional(),
  reason: Text,
};

/** One that is in force, as it stands in the stream. */
export const Revocation = z.object({
  id: z.string().min(1),
  ...revocationFields,
  until: Time,
  created_at: Time,
});
export type Revocation = z.infer<typeof Revocation>;

/** One message of the stream; `barrier` marks the end for whoever wrote it. */
export const RevocationLine = z.union([
  z.object({ revocation: Revocation }),
  z.object({ lifted: z.string().min(1) }),
  z.object({ barrier: z.string().min(1) }),
]);
export type RevocationLine = z.infer<typeof RevocationLine>;
