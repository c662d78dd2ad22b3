/** Makes a copy that is kept for long. */
export type CopyBytes = (bytes: Buffer) => Buffer;

/** A frame that waits for a slow client keeps the whole piece that it was cut from. */
const PIECE_BYTES = 64 * 1024;
/** What is larger has memory of its own: a piece is never left mostly unused. */
const MAX_CUT_BYTES = PIECE_BYTES / 8;

/**
 * Copies of bytes that are kept for as long as an entry, one behind the other in pieces of their own. Node's pool would put
 * whatever else is made in that moment beside them, and keep that with them: up to 8 KiB for an event of 300 bytes.
 */
export class KeptBytes {
  #piece = Buffer.alloc(0);
  #used = 0;

  readonly copy: CopyBytes = (bytes) => {
    const { byteLength } = bytes;
    if (byteLength > MAX_CUT_BYTES) return copyInto(Buffer.allocUnsafeSlow(byteLength), bytes);
    if (this.#used + byteLength > this.#piece.byteLength) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += byteLength;
    return copyInto(this.#piece.subarray(start, this.#used), bytes);
  };
}

function copyInto(place: Buffer, bytes: Buffer): Buffer {
  bytes.copy(place);
  return place;
}
