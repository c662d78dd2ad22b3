/** The beginning of a body, as much of it as is let in. */
export class BoundedBody {
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(maxBytes: number) {
    this.#room = maxBytes;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** `false` once there is more: the rest is not worth reading. */
  take(chunk: Buffer): boolean {
    this.#chunks.push(chunk.subarray(0, Math.max(0, this.#room)));
    this.#room -= chunk.byteLength;
    return this.#room >= 0;
  }
}
