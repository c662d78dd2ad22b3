import jwt from 'jsonwebtoken';
import { firstOf, type Environment } from './environment.ts';
import { UsageError, positiveInteger } from './arguments.ts';

export const roles = ['admin', 'provider', 'secretary', 'customer'] as const;
export const DEFAULT_TTL_S = 3_600;

export interface Person {
  readonly role: (typeof roles)[number];
  readonly id: number;
}

/** A token as the booking backend would issue it, signed with the current secret. */
export function signToken(env: Environment, { role, id }: Person, ttlS = DEFAULT_TTL_S): string {
  const secret = firstOf(env, 'JWT_SECRET');
  const claims = { sub: String(id), data: { user_id: id, role } };
  return jwt.sign(claims, secret, { algorithm: 'HS256', expiresIn: ttlS });
}

export function readPerson(role: string | undefined, id: string | undefined): Person {
  const known = roles.find((name) => name === role);
  if (known === undefined) throw new UsageError(`--role needs one of ${roles.join(', ')}.`);
  return { role: known, id: positiveInteger('--id', id ?? '') };
}
