import jwt from 'jsonwebtoken';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { readSigned } from './signature.ts';

/** The secrets of this installation: each of them verifies, the first signs. */
export class Hs256Keys {
  #keys: readonly KeyObject[] = [];

  constructor(secrets: readonly string[]) {
    this.replace(secrets);
  }

  replace(secrets: readonly string[]): void {
    // Given a string, jsonwebtoken first tries at each token whether it is a public key: 15 times the work.
    this.#keys = secrets.map((secret) => createSecretKey(Buffer.from(secret)));
  }

  sign(claims: object): string {
    const [newest] = this.#keys;
    if (newest === undefined) throw new Error('There is no secret to sign with.');
    return jwt.sign(claims, newest, { algorithm: 'HS256', noTimestamp: true });
  }

  read(token: string): jwt.Jwt | undefined {
    for (const key of this.#keys) {
      const signed = readSigned(token, key, ['HS256']);
      if (signed !== undefined) return signed;
    }
    return undefined;
  }
}
