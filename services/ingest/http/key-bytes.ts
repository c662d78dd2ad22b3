import { createHash, timingSafeEqual } from 'node:crypto';

/** Of every key, its length in the first byte. */
const BYTES = 256;
/** In place of a length: the digest of a key that is too long follows. */
const IS_DIGEST = BYTES - 1;

/** A key to compare with another. It has one size whatever the key has, so the time tells nothing; and it is private, so no log shows it. */
export class KeyBytes {
  readonly #bytes = Buffer.alloc(BYTES);

  constructor(key: string) {
    const length = Buffer.byteLength(key);
    if (length < IS_DIGEST) {
      this.#bytes[0] = length;
      this.#bytes.write(key, 1);
    } else {
      this.#bytes[0] = IS_DIGEST;
      createHash('sha256').update(key).digest().copy(this.#bytes, 1);
    }
  }

  equals(other: KeyBytes): boolean {
    return timingSafeEqual(this.#bytes, other.#bytes);
  }
}
