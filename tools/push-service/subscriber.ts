import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import type { Subscription } from '../../shared/devices/device.ts';

interface Given {
  readonly privateKey: Buffer;
  readonly auth: Buffer;
}

/** A browser with a subscription: reads what is meant for it by RFC 8291, and nothing else. */
export class Subscriber {
  readonly #pair = createECDH('prime256v1');
  readonly #auth: Buffer;

  constructor(given?: Given) {
    if (given === undefined) this.#pair.generateKeys();
    else this.#pair.setPrivateKey(given.privateKey);
    this.#auth = given?.auth ?? randomBytes(16);
  }

  subscription(endpoint: string): Subscription {
    const text = (bytes: Buffer) => bytes.toString('base64url');
    return { endpoint, keys: { p256dh: text(this.#pair.getPublicKey()), auth: text(this.#auth) } };
  }

  /** Throws for a body that is not one whole record for this subscriber. */
  decrypt(body: Buffer): Buffer {
    const salt = body.subarray(0, 16);
    const recordSize = body.readUInt32BE(16);
    const keyLength = body.readUInt8(20);
    const senderKey = body.subarray(21, 21 + keyLength);
    const record = body.subarray(21 + keyLength);
    if (keyLength !== 65 || record.byteLength > recordSize) throw new Error('not one record of aes128gcm');
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#pair.getPublicKey(), senderKey]);
    const material = hkdf(this.#pair.computeSecret(senderKey), this.#auth, info, 32);
    const key = hkdf(material, salt, 'Content-Encoding: aes128gcm\0', 16);
    const nonce = hkdf(material, salt, 'Content-Encoding: nonce\0', 12);
    const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    const end = padded.findLastIndex((byte) => byte !== 0);
    if (padded[end] !== 2) throw new Error('the last record does not end as one');
    return padded.subarray(0, end);
  }
}

function hkdf(secret: Buffer, salt: Buffer, info: Buffer | string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes));
}
