import jwt from 'jsonwebtoken';
import { createSecretKey, type KeyObject } from 'node:crypto';

/** The secrets of this installation: each of them verifies, the first signs. */
export class Hs256Keys {
  readonly #keys: readonly KeyObject[];

  constructor(secrets: readonly string[]) {
    // Given a string, jsonwebtoken first tries at each token whether it is a public key: 15 times the work.
    this.#keys = secrets.map((secret) => createSecretKey(Buffer.from(secret)));
  }

  sign(claims: object): string {
    const [newest] = this.#keys;
    if (newest === undefined) throw new Error('There is no secret to sign with.');
    return jwt.sign(claims, newest, { algorithm: 'HS256', noTimestamp: true });
  }

  /** `undefined`: none of the secrets signed it. Times are the caller's to judge: jsonwebtoken has one leeway for all. */
  read(token: string): jwt.Jwt | undefined {
    for (const key of this.#keys) {
      try {
        return jwt.verify(token, key, {
          algorithms: ['HS256'],
          complete: true,
          ignoreExpiration: true,
          ignoreNotBefore: true,
        });
      } catch {
        // Another key may fit.
      }
    }
    return undefined;
  }
}
