import { z } from 'zod';
import { Time } from '../contract/rfc3339.ts';
import { UserText } from '../contract/user-name.ts';

/** Longer than any reason that a person reads, and any id of a token that is one. */
const MAX_TEXT = 1_000;

const Text = z.string().min(1).max(MAX_TEXT);

/** What an operator asks for, in the words of `POST /v1/admin/revocations`. */
export const revocationFields = {
  /** Staff are one person in all their roles. */
  user: UserText.optional(),
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
