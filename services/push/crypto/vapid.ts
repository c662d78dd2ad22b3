import jwt from 'jsonwebtoken';
import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';

const KEY_BYTES = 32;
/** RFC 8292 allows 24 hours. */
const LIFETIME_S = 12 * 60 * 60;
/** Signing costs more than sending; a token is sent for half of its life, so that clocks may differ. */
const REUSE_MS = (LIFETIME_S / 2) * 1_000;
/** Push services; the self-hosted ones of UnifiedPush are the many. */
const MAX_ORIGINS = 1_000;

/** As `roomcast push keys` prints them, and settings take them. */
export function newVapidKeys(): { readonly publicKey: string; readonly privateKey: string } {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  // Leading zeros are part of it.
  const secret = Buffer.alloc(KEY_BYTES);
  const bytes = pair.getPrivateKey();
  bytes.copy(secret, KEY_BYTES - bytes.byteLength);
  return { publicKey: pair.getPublicKey().toString('base64url'), privateKey: secret.toString('base64url') };
}

/** How we show a push service that it is us whom a phone has subscribed to (RFC 8292). */
export class Vapid {
  /** As subscribers need it: base64url of an uncompressed point. */
  readonly publicKey: string;
  readonly #key: KeyObject;
  readonly #headers = new ExpiringMap<string, string>(MAX_ORIGINS, REUSE_MS);

  /** Throws for a private key that is not 32 bytes in base64url, or out of range. */
  constructor(
    privateKey: string,
    /** Whom a push service writes to when something is wrong: a mailto: or https: URL. */
    private readonly subject: string,
  ) {
    const secret = Buffer.from(privateKey, 'base64url');
    if (secret.byteLength !== KEY_BYTES) throw new Error(`expected a private key of ${KEY_BYTES} bytes`);
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(secret);
    const point = pair.getPublicKey();
    this.publicKey = point.toString('base64url');
    const text = (bytes: Buffer) => bytes.toString('base64url');
    const coordinates = { x: text(point.subarray(1, 33)), y: text(point.subarray(33)) };
    const key = { kty: 'EC', crv: 'P-256', d: text(secret), ...coordinates };
    this.#key = createPrivateKey({ format: 'jwk', key });
  }

  /** The header `Authorization` for a push service. */
  authorization(origin: string, nowMs: number): string {
    return this.#headers.getOrSet(origin, nowMs, () => {
      const exp = Math.floor(nowMs / 1_000) + LIFETIME_S;
      const claims = { aud: origin, exp, sub: this.subject };
      const token = jwt.sign(claims, this.#key, { algorithm: 'ES256', noTimestamp: true });
      return `vapid t=${token}, k=${this.publicKey}`;
    });
  }
}
