const LONG = 126;
const HEADER_BYTES = 4;

/** A text frame of a server (RFC 6455 section 5.2), 126 bytes to 64 KiB long. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  frame.writeUInt16BE(0x8100 | LONG, 0);
  frame.writeUInt16BE(length, 2);
  frame.write(text, HEADER_BYTES);
  return frame;
}
