const FIN_TEXT = 0x81;
const FIN_PING = 0x89;

/** A whole text frame: header and payload in one buffer, built once and written as it is to every socket. */
export function encodeTextFrame(payload: Buffer): Buffer {
  return encode(FIN_TEXT, payload);
}

/** `payload`: 125 bytes at most (RFC 6455 section 5.5). */
export function encodePing(payload: Buffer): Buffer {
  return encode(FIN_PING, payload);
}

/** Unmasked, as a server's are (RFC 6455 section 5.2). */
function encode(first: number, payload: Buffer): Buffer {
  const length = payload.byteLength;
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = first;
  if (headerBytes === 2) {
    frame[1] = length;
  } else if (headerBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  payload.copy(frame, headerBytes);
  return frame;
}
