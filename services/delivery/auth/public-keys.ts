import type jwt from 'jsonwebtoken';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { readSigned } from './signature.ts';

/** jsonwebtoken has no EdDSA. */
const algorithms = ['RS256', 'PS256', 'ES256'] as const;
type Algorithm = (typeof algorithms)[number];

/** RFC 7518 section 3.3. */
const MIN_RSA_BITS = 2048;

export interface PublicKey {
  /** Its `kid`: a hint at which key of a set signed a token. */
  readonly id: string | undefined;
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
}

/** What a key may verify: the key says it, never the token. */
export function algorithmsOf(key: KeyObject): readonly Algorithm[] | { readonly problem: string } {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    return modulusLength < MIN_RSA_BITS
      ? { problem: `an RSA key under ${MIN_RSA_BITS} bits` }
      : ['RS256', 'PS256'];
  }
  if (namedCurve === 'prime256v1') return ['ES256'];
  return { problem: 'a key that is neither RSA nor on the curve P-256' };
}

const Header = z.object({ alg: z.enum(algorithms), kid: z.string().optional() });

/** The header of a token that may be for a public key; of every other text `undefined`. */
export function headerOf(token: string): z.infer<typeof Header> | undefined {
  try {
    const [encoded = ''] = token.split('.', 1);
    return Header.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

/** Keys of one issuer. */
export class PublicKeys {
  constructor(private readonly keys: readonly PublicKey[]) {}

  get size(): number {
    return this.keys.length;
  }

  read(token: string): jwt.Jwt | undefined {
    const header = headerOf(token);
    if (header === undefined) return undefined;
    for (const { key, algorithms } of this.#candidates(header.kid)) {
      const signed = readSigned(token, key, algorithms);
      if (signed !== undefined) return signed;
    }
    return undefined;
  }

  /** Those that the token names; where no key has that name, those without one. */
  #candidates(name: string | undefined): readonly PublicKey[] {
    if (name === undefined) return this.keys;
    const named = this.keys.filter(({ id }) => id === name);
    return named.length > 0 ? named : this.keys.filter(({ id }) => id === undefined);
  }
}
