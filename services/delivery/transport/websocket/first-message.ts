import type { Socket } from 'node:net';

/** Of the first message, which brings a token and little else. */
const MAX_FIRST_MESSAGE_BYTES = 8 * 1024;
/** For its headers, and for pings before it. */
const MAX_BESIDE_BYTES = 1024;

/** Bounds what is kept of a client that has brought no token yet. */
export class FirstMessage {
  #hasCome = false;
  #bytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly tooLarge: () => void,
  ) {
    socket.on('data', this.#count);
  }

  /** `false`: it is too large. Of those that follow it says nothing. */
  take({ byteLength }: Buffer): boolean {
    if (this.#hasCome) return true;
    this.#hasCome = true;
    this.socket.off('data', this.#count);
    return byteLength <= MAX_FIRST_MESSAGE_BYTES;
  }

  readonly #count = (chunk: Buffer): void => {
    this.#bytes += chunk.byteLength;
    if (this.#bytes <= MAX_FIRST_MESSAGE_BYTES + MAX_BESIDE_BYTES) return;
    this.socket.off('data', this.#count);
    // Where these bytes are those of a whole message and more behind it, ws hands that over by then.
    setImmediate(() => {
      if (!this.#hasCome) this.tooLarge();
    });
  };
}
