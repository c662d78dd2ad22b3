import { opcodes } from '../hostile/raw-socket.ts';

const PING_BYTE = 0x80 | opcodes.ping;
const HEAD_BYTES = 2;
const CURSOR_BYTES = 36;
const LENGTHS: readonly (number | undefined)[] = [0, CURSOR_BYTES];

/**
 * Finds pings in what arrives on a socket without parsing its frames: empty ones and those with a cursor, of which neither length
 * ever follows this byte in the frames of the load's events.
 */
export class PingReader {
  /** The beginning of a ping whose end has not come. */
  #begun: Buffer | undefined;

  /** What the last ping brings; `undefined` where none has ended. */
  take(arrived: Buffer): string | undefined {
    const bytes = this.#begun === undefined ? arrived : Buffer.concat([this.#begun, arrived]);
    this.#begun = undefined;
    for (let at = bytes.lastIndexOf(PING_BYTE); at !== -1; at = bytes.lastIndexOf(PING_BYTE, at - 1)) {
      const length = bytes[at + 1];
      // Copied, for the socket's buffer is read into again.
      if (length === undefined) this.#begun = Buffer.from(bytes.subarray(at));
      else if (LENGTHS.includes(length)) {
        const end = at + HEAD_BYTES + length;
        if (end <= bytes.byteLength) return bytes.toString('latin1', at + HEAD_BYTES, end);
        this.#begun = Buffer.from(bytes.subarray(at));
      }
      if (at === 0) break;
    }
    return undefined;
  }
}
