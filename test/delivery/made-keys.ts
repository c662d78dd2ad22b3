import jwt from 'jsonwebtoken';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

/** A key of an issuer, with which it signs and which it publishes. */
export class MadeKey {
  private constructor(
    readonly pair: Pair,
    readonly algorithm: jwt.Algorithm,
    readonly id: string,
  ) {}

  static rsa(id: string, { bits = 2048 } = {}): MadeKey {
    return new MadeKey(generateKeyPairSync('rsa', { modulusLength: bits }), 'RS256', id);
  }

  static ec(id: string, curve = 'P-256'): MadeKey {
    return new MadeKey(generateKeyPairSync('ec', { namedCurve: curve }), 'ES256', id);
  }

  get pem(): string {
    return this.pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  /** As it stands in a JWKS. */
  jwk(more: Readonly<Record<string, unknown>> = {}): object {
    return { ...this.pair.publicKey.export({ format: 'jwk' }), kid: this.id, use: 'sig', ...more };
  }

  sign(claims: object, header: object = { kid: this.id }, algorithm = this.algorithm): string {
    return jwt.sign(claims, this.pair.privateKey, {
      algorithm,
      header: { alg: algorithm, ...header },
      allowInsecureKeySizes: true,
    });
  }
}

export function keySetOf(...keys: readonly unknown[]): string {
  return JSON.stringify({ keys });
}
