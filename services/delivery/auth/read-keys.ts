import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { algorithmsOf, PublicKeys, type PublicKey } from './public-keys.ts';

/** Of a file, and of what an issuer answers. */
export const MAX_KEY_SET_BYTES = 256 * 1024;
const MAX_KEYS = 50;

const HOW = 'RSA of 2,048 bits or more (RS256, PS256), or P-256 (ES256)';
const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;
const PUBLIC = ['PUBLIC KEY', 'RSA PUBLIC KEY'];

const KeySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) });
const Jwk = z.looseObject({
  kid: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.unknown()).optional(),
  alg: z.string().optional(),
});

type Outcome = PublicKey | { readonly problem: string };

/** `passedOver`: why so many keys are not used. */
export type KeyReading =
  | { readonly keys: PublicKeys; readonly passedOver: readonly string[] }
  | { readonly problem: string };

/** The public keys in a text: PEM, or a JWKS (RFC 7517). What has no key in it that can be used is a problem. */
export function readKeys(text: string): KeyReading {
  return text.includes('-----BEGIN') ? readPem(text) : readKeySet(text);
}

export function readKeySet(text: string): KeyReading {
  const parsed = KeySet.safeParse(parseJson(text));
  if (!parsed.success) return { problem: `is no JWKS ({"keys":[…]}) of at most ${MAX_KEYS} keys` };
  return gather(parsed.data.keys.map(fromJwk));
}

function readPem(text: string): KeyReading {
  const blocks = [...text.matchAll(PEM_BLOCK)].map(([block, label = '']) => ({ block, label }));
  if (blocks.some(({ label }) => label.includes('PRIVATE'))) {
    return { problem: 'holds a private key: keep that with the issuer, and put the public one here' };
  }
  if (blocks.length > MAX_KEYS) return { problem: `has more than ${MAX_KEYS} keys` };
  return gather(blocks.map(({ block, label }) => fromPem(block, label)));
}

function gather(outcomes: readonly Outcome[]): KeyReading {
  const keys = outcomes.filter((outcome) => 'key' in outcome);
  const passedOver = outcomes.flatMap((outcome) => ('problem' in outcome ? outcome.problem : []));
  if (keys.length > 0) return { keys: new PublicKeys(keys), passedOver };
  const found = passedOver.length === 0 ? '' : `, but ${[...new Set(passedOver)].join(', ')}`;
  return { problem: `has no public key for signatures${found}; expected ${HOW}` };
}

function fromPem(block: string, label: string): Outcome {
  if (!PUBLIC.includes(label)) return { problem: 'a block that is no PUBLIC KEY' };
  return usable(undefined, () => createPublicKey(block));
}

/** A key set is published: a secret in it (`oct`) or a private key is known to anybody. */
function fromJwk(value: unknown): Outcome {
  const parsed = Jwk.safeParse(value);
  if (!parsed.success) return { problem: 'a key that is no JWK' };
  const { kid, use = 'sig', key_ops: operations = ['verify'], alg, ...jwk } = parsed.data;
  if (jwk['kty'] === 'oct') return { problem: 'a secret (oct)' };
  if (Object.hasOwn(jwk, 'd')) return { problem: 'a private key' };
  if (use !== 'sig' || !operations.includes('verify')) return { problem: 'a key for another use' };
  const outcome = usable(kid, () => createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }));
  if ('problem' in outcome || alg === undefined) return outcome;
  const algorithms = outcome.algorithms.filter((algorithm) => algorithm === alg);
  return algorithms.length > 0 ? { ...outcome, algorithms } : { problem: 'a key for another algorithm' };
}

function usable(id: string | undefined, create: () => KeyObject): Outcome {
  try {
    const key = create();
    const algorithms = algorithmsOf(key);
    return 'problem' in algorithms ? algorithms : { id, key, algorithms };
  } catch {
    return { problem: 'a key that cannot be read' };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
