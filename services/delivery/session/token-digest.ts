import { createHash } from 'node:crypto';

/** Stands for a token in what is remembered of it. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
