import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { roles, type Role } from '../../shared/contract/rooms.ts';
import { positiveInteger, UsageError } from '../../shared/service/command-line.ts';
import { readVariables } from '../../shared/config/env.ts';
import { DeliveryVariables } from './config.ts';

export const DEFAULT_TTL_S = 3_600;

export interface Person {
  readonly role: Role;
  readonly id: number;
}

/** A token as the booking backend would issue it. */
export function signToken(secret: string, { role, id }: Person, ttlS = DEFAULT_TTL_S): string {
  const claims = { sub: String(id), data: { user_id: id, role } };
  return jwt.sign(claims, secret, { algorithm: 'HS256', expiresIn: ttlS });
}

/** The one with which a token is signed: the first, which is the newest while they are rotated. */
export function readSigningSecret(env: Readonly<Record<string, string | undefined>>): string {
  const { JWT_SECRET } = DeliveryVariables.shape;
  const { jwtSecret } = readVariables(z.object({ JWT_SECRET }), env);
  const [newest = ''] = jwtSecret.reveal();
  return newest;
}

export function readPerson(role: string | undefined, id: string | undefined): Person {
  const known = roles.find((name) => name === role);
  if (known === undefined) throw new UsageError(`--role needs one of ${roles.join(', ')}.`);
  return { role: known, id: positiveInteger('--id', id ?? '') };
}
