import jwt from 'jsonwebtoken';
import type { KeyObject } from 'node:crypto';

/** `undefined`: this key did not sign it by one of these algorithms. Times are the caller's to judge: jsonwebtoken has one leeway for all. */
export function readSigned(
  token: string,
  key: KeyObject,
  algorithms: readonly jwt.Algorithm[],
): jwt.Jwt | undefined {
  try {
    return jwt.verify(token, key, {
      algorithms: [...algorithms],
      complete: true,
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    return undefined;
  }
}
