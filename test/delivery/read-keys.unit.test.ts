import { describe, expect, it } from '@jest/globals';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readKeys } from '../../services/delivery/auth/read-keys.ts';
import { keySetOf, MadeKey } from './made-keys.ts';
import { encode } from './made-tokens.ts';

const rsa = MadeKey.rsa('rsa');
const ec = MadeKey.ec('ec');
const other = MadeKey.rsa('other');
const claims = { sub: '4' };

function keysIn(text: string) {
  const read = readKeys(text);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

describe('public keys', () => {
  it.each([
    ['a PEM', rsa.pem, rsa],
    ['several PEMs with text between', `of 2026:\n${ec.pem}\nof 2027:\n${rsa.pem}`, ec],
    ['a PEM of PKCS #1', rsa.pair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(), rsa],
    ['a JWKS', keySetOf(rsa.jwk(), ec.jwk()), ec],
    ['a JWKS that names the algorithm', keySetOf(rsa.jwk({ alg: 'RS256' })), rsa],
    ['a JWKS without names', keySetOf(rsa.jwk({ kid: undefined, use: undefined })), rsa],
  ])('of %s verify what their key signed', (_what, text, key) => {
    const { keys } = keysIn(text);
    expect(keys.read(key.sign(claims))?.payload).toMatchObject(claims);
    expect(keys.read(other.sign(claims, { kid: key.id }))).toBeUndefined();
  });

  it('verify RS256 and PS256 by RSA, ES256 by P-256, and nothing else', () => {
    const { keys } = keysIn(keySetOf(rsa.jwk(), ec.jwk()));
    for (const algorithm of ['RS256', 'PS256'] as const) {
      expect(keys.read(rsa.sign(claims, {}, algorithm))).toBeDefined();
    }
    for (const algorithm of ['RS384', 'RS512', 'PS384', 'PS512'] as const) {
      expect(keys.read(rsa.sign(claims, {}, algorithm))).toBeUndefined();
    }
  });

  it('verify nothing but the algorithm that they name', () => {
    const { keys } = keysIn(keySetOf(rsa.jwk({ alg: 'PS256' })));
    expect(keys.read(rsa.sign(claims, {}, 'PS256'))).toBeDefined();
    expect(keys.read(rsa.sign(claims, {}, 'RS256'))).toBeUndefined();
  });

  it('are found by name, and tried where a token or a key has none', () => {
    const { keys } = keysIn(keySetOf(rsa.jwk(), other.jwk()));
    expect(keys.read(other.sign(claims))).toBeDefined();
    expect(keys.read(other.sign(claims, {}))).toBeDefined();
    expect(keys.read(other.sign(claims, { kid: 'rsa' }))).toBeUndefined();
    expect(keys.read(other.sign(claims, { kid: 'unknown' }))).toBeUndefined();
    expect(keysIn(other.pem).keys.read(other.sign(claims, { kid: 'unknown' }))).toBeDefined();
  });

  it('are no secrets: an HMAC with their bytes is not taken', () => {
    const forms = [
      rsa.pem,
      rsa.pem.trim(),
      JSON.stringify(rsa.jwk()),
      String(rsa.pair.publicKey.export({ format: 'jwk' }).n),
    ];
    for (const text of [rsa.pem, keySetOf(rsa.jwk())]) {
      const { keys } = keysIn(text);
      for (const alg of ['HS256', 'RS256', 'none']) {
        for (const secret of forms) expect(keys.read(hmac(alg, secret))).toBeUndefined();
      }
    }
  });

  function hmac(alg: string, secret: string): string {
    const signed = `${encode({ alg, typ: 'JWT', kid: 'rsa' })}.${encode(claims)}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  it.each([
    ['a JWKS', keySetOf(...Array.from({ length: 50 }, () => rsa.jwk()))],
    ['PEM', rsa.pem.repeat(50)],
  ])('may be 50 in %s', (_what, text) => {
    expect(keysIn(text).keys.size).toBe(50);
  });

  it('in a token are not looked at', () => {
    const { keys } = keysIn(keySetOf(rsa.jwk()));
    const header = { jwk: other.jwk(), jku: 'https://evil.example.org', x5u: 'https://evil.example.org' };
    expect(keys.read(other.sign(claims, header))).toBeUndefined();
  });

  it.each([
    '',
    'a.b.c',
    'null',
    `${encode([])}.e30.`,
    `${encode({ alg: ['RS256'] })}.e30.AAAA`,
    '.'.repeat(9),
  ])('do not mind %j', (token) => expect(keysIn(rsa.pem).keys.read(token)).toBeUndefined());
});

describe('of a key set is passed over, and said why,', () => {
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });

  it.each([
    ['a secret', { kty: 'oct', k: 'AAAA', kid: 'secret' }, 'a secret (oct)'],
    ['a private key', { ...other.pair.privateKey.export({ format: 'jwk' }) }, 'a private key'],
    ['a key for encryption', other.jwk({ use: 'enc' }), 'for another use'],
    ['a key that signs only', other.jwk({ key_ops: ['sign'] }), 'for another use'],
    ['a key for another algorithm', other.jwk({ alg: 'RS512' }), 'for another algorithm'],
    ['an RSA key for ES256', other.jwk({ alg: 'ES256' }), 'for another algorithm'],
    ['an RSA key for HS256', other.jwk({ alg: 'HS256' }), 'for another algorithm'],
    ['an RSA key of 1,024 bits', MadeKey.rsa('small', { bits: 1024 }).jwk(), 'under 2048 bits'],
    ['a key on P-384', MadeKey.ec('p384', 'P-384').jwk(), 'neither RSA nor on the curve P-256'],
    ['an Ed25519 key', ed25519, 'neither RSA nor on the curve P-256'],
    ['half a key', { kty: 'RSA', e: 'AQAB' }, 'cannot be read'],
    ['half a key that names its algorithm', { kty: 'RSA', e: 'AQAB', alg: 'RS256' }, 'cannot be read'],
    ['a point off the curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }, 'cannot be read'],
    ['no key', 4, 'no JWK'],
    ['a key whose name is no text', other.jwk({ kid: 4 }), 'no JWK'],
  ])('%s', (_what, jwk, why) => {
    const { keys, passedOver } = keysIn(keySetOf(rsa.jwk(), jwk));
    expect([keys.size, passedOver]).toEqual([1, [expect.stringContaining(why)]]);
    expect(readKeys(keySetOf(jwk))).toEqual({ problem: expect.stringContaining(why) });
  });
});

describe('a text is no set of keys, and it is said why,', () => {
  const NO_SET = 'is no JWKS ({"keys":[…]}) of at most 50 keys';
  const NO_KEY = 'has no public key for signatures';
  const EXPECTED = 'expected RSA of 2,048 bits or more (RS256, PS256), or P-256 (ES256)';
  const NEITHER = 'a key that is neither RSA nor on the curve P-256';
  const rsaPss = String(
    generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }),
  );
  const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

  it.each([
    ['that is empty', '', NO_SET],
    ['that is a page', '<!doctype html>', NO_SET],
    ['that is another JSON', '{"error":"not found"}', NO_SET],
    ['that is a list', JSON.stringify([rsa.jwk()]), NO_SET],
    ['that has no key', keySetOf(), `${NO_KEY}; ${EXPECTED}`],
    ['that has more than 50', keySetOf(...Array.from({ length: 51 }, () => rsa.jwk())), NO_SET],
    ['that has more than 50 in PEM', rsa.pem.repeat(51), 'has more than 50 keys'],
    ['that is a certificate', CERTIFICATE, `${NO_KEY}, but a block that is no PUBLIC KEY; ${EXPECTED}`],
    [
      'that is certificates and half a key',
      `${CERTIFICATE}\n${CERTIFICATE}\n${CERTIFICATE.replaceAll('CERTIFICATE', 'PUBLIC KEY')}`,
      `${NO_KEY}, but a block that is no PUBLIC KEY, a key that cannot be read; ${EXPECTED}`,
    ],
    ['that is a key for RSA-PSS only', rsaPss, `${NO_KEY}, but ${NEITHER}; ${EXPECTED}`],
    ['that is cut off', rsa.pem.slice(0, -10), `${NO_KEY}; ${EXPECTED}`],
    [
      'that holds a private key',
      `${ec.pem}${String(rsa.pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))}`,
      'holds a private key: keep that with the issuer, and put the public one here',
    ],
  ])('%s', (_what, text, problem) => {
    expect(readKeys(text)).toEqual({ problem });
  });
});
