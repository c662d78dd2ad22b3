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

/** A token as the booking backend would issue it, to whom `JWT_ISSUER` and `JWT_AUDIENCE` may have given a name. */
export function signToken(
  secret: string,
  { role, id }: Person,
  ttlS = DEFAULT_TTL_S,
  names: { readonly iss?: string | undefined; readonly aud?: string | undefined } = {},
): string {
  const claims = { ...names, sub: String(id), data: { user_id: id, role } };
  return jwt.sign(JSON.parse(JSON.stringify(claims)) as object, secret, {
    algorithm: 'HS256',
    expiresIn: ttlS,
  });
}

/** Signs as these settings want it: of several secrets with the first, which is the newest while they are rotated. */
export function readSigner(env: Readonly<Record<string, string | undefined>>) {
  const { JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE } = DeliveryVariables.shape;
  const settings = readVariables(
    z.object({ JWT_SECRET: JWT_SECRET.unwrap(), JWT_ISSUER, JWT_AUDIENCE }),
    env,
  );
  const [newest = ''] = settings.jwtSecret.reveal();
  const names = { iss: settings.jwtIssuer, aud: settings.jwtAudience };
  return (person: Person, ttlS = DEFAULT_TTL_S) => signToken(newest, person, ttlS, names);
}

export function readPerson(role: string | undefined, id: string | undefined): Person {
  const known = roles.find((name) => name === role);
  if (known === undefined) throw new UsageError(`--role needs one of ${roles.join(', ')}.`);
  return { role: known, id: positiveInteger('--id', id ?? '') };
}
