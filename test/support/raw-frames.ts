import { RawSocket } from './raw-socket.ts';

/** RFC 6455 section 5.2, for frames that no library would send. */

export interface RawFrame {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** Instead of the shortest form of the true one: how it is written, and what it says. */
  readonly length?: { readonly bytes: 2 | 8; readonly says: bigint };
}

const MASK = Buffer.from([0x11, 0x22, 0x33, 0x44]);

export function rawFrame(frame: RawFrame): Buffer {
  const { opcode, fin = true, reserved = 0, masked = true, length } = frame;
  const payload = Buffer.from(frame.payload ?? '');
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const short = payload.byteLength < 126 && length === undefined;
  const { bytes, says } = length ?? {
    bytes: payload.byteLength < 65_536 ? 2 : 8,
    says: BigInt(payload.byteLength),
  };
  const extended = Buffer.alloc(short ? 0 : bytes);
  if (!short && bytes === 2) extended.writeUInt16BE(Number(says));
  if (!short && bytes === 8) extended.writeBigUInt64BE(says);
  const second = (masked ? 0x80 : 0) | (short ? payload.byteLength : bytes === 2 ? 126 : 127);
  const body = masked ? payload.map((byte, at) => byte ^ (MASK[at % 4] ?? 0)) : payload;
  return Buffer.concat([Buffer.from([first, second]), extended, masked ? MASK : Buffer.alloc(0), body]);
}

export interface ReadFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Whole frames of a server, which masks none and cuts none; what is not whole yet is left. */
function framesIn(bytes: Buffer): ReadFrame[] {
  const frames: ReadFrame[] = [];
  for (let at = 0; at + 2 <= bytes.byteLength;) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const said = (bytes[at + 1] ?? 0) & 0x7f;
    const extended = said === 126 ? 2 : said === 127 ? 8 : 0;
    const start = at + 2 + extended;
    if (start > bytes.byteLength) break;
    const length =
      extended === 0
        ? said
        : extended === 2
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (start + length > bytes.byteLength) break;
    frames.push({ opcode, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** A WebSocket on which a test writes any bytes. */
export class RawWebSocket implements AsyncDisposable {
  #from = 0;

  private constructor(readonly socket: RawSocket) {}

  static async open(port: number, path: string): Promise<RawWebSocket> {
    const raw = new RawWebSocket(await RawSocket.open(port));
    raw.socket.write(UPGRADE.replace('GET /', `GET ${path}`));
    const answer = await raw.socket.until((received) => received.includes('\r\n\r\n'));
    raw.#from = answer.indexOf('\r\n\r\n') + 4;
    return raw;
  }

  get frames(): ReadFrame[] {
    return framesIn(this.socket.received.subarray(this.#from));
  }

  /** The types and codes of the server's texts so far. */
  get said(): unknown[] {
    return this.frames
      .filter(({ opcode }) => opcode === TEXT)
      .map(({ payload }) => JSON.parse(payload.toString()) as { type?: unknown; code?: unknown })
      .map(({ type, code }) => code ?? type);
  }

  async until(holds: (raw: this) => boolean): Promise<void> {
    await this.socket.until(() => holds(this));
  }

  /** The code of the close frame; `undefined` where one came without, or none. */
  async closeCode(): Promise<number | undefined> {
    await this.socket.closed;
    const payload = this.frames.find(({ opcode }) => opcode === CLOSE)?.payload;
    return payload === undefined || payload.byteLength < 2 ? undefined : payload.readUInt16BE(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.socket[Symbol.asyncDispose]();
  }
}
