import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import type { Subscription } from '../../../shared/devices/device.ts';

/** Push services take bodies of 4,096 bytes (RFC 8030, 7.2); what header, tag and delimiter leave of that (RFC 8291, 4). */
export const MAX_PLAINTEXT_BYTES = 3_993;

const RECORD_SIZE = 4_096;
/** Ends the only record, and so the last (RFC 8188, 2). */
const LAST_RECORD = Buffer.from([2]);

/** What is random in a message: given in tests alone. */
export interface Ephemeral {
  readonly privateKey: Buffer;
  readonly salt: Buffer;
}

/** A message that its subscriber alone can read (RFC 8291), as one record of `aes128gcm` (RFC 8188). Throws for a key that is no point. */
export function encrypt(plaintext: Buffer, { keys }: Subscription, ephemeral?: Ephemeral): Buffer {
  const sender = createECDH('prime256v1');
  if (ephemeral === undefined) sender.generateKeys();
  else sender.setPrivateKey(ephemeral.privateKey);
  const salt = ephemeral?.salt ?? randomBytes(16);
  const senderKey = sender.getPublicKey();
  const receiverKey = Buffer.from(keys.p256dh, 'base64url');
  const shared = sender.computeSecret(receiverKey);
  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), receiverKey, senderKey]);
  const keyMaterial = hkdf(shared, Buffer.from(keys.auth, 'base64url'), keyInfo, 32);
  const key = hkdf(keyMaterial, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = hkdf(keyMaterial, salt, 'Content-Encoding: nonce\0', 12);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  const sizes = Buffer.alloc(5);
  sizes.writeUInt32BE(RECORD_SIZE);
  sizes.writeUInt8(senderKey.byteLength, 4);
  const sealed = [cipher.update(plaintext), cipher.update(LAST_RECORD), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat([salt, sizes, senderKey, ...sealed]);
}

function hkdf(secret: Buffer, salt: Buffer, info: Buffer | string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes));
}
