import { describe, expect, it } from '@jest/globals';
import { encodePing, encodeTextFrame } from '../../services/delivery/transport/websocket/server-frames.ts';

interface Decoded {
  readonly text: string;
  readonly fin: boolean;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly headerBytes: number;
}

/** A frame as the specification reads it; fails where the length does not match the bytes. */
function decode(frame: Buffer): Decoded {
  const [first, second] = [frame.readUInt8(0), frame.readUInt8(1)];
  const short = second & 0x7f;
  const [length, headerBytes] =
    short < 126
      ? [short, 2]
      : short === 126
        ? [frame.readUInt16BE(2), 4]
        : [Number(frame.readBigUInt64BE(2)), 10];
  expect(frame.byteLength).toBe(headerBytes + length);
  return {
    text: frame.subarray(headerBytes).toString('utf8'),
    fin: (first & 0x80) !== 0,
    opcode: first & 0x7f,
    isMasked: (second & 0x80) !== 0,
    headerBytes,
  };
}

const wellFormed = { fin: true, opcode: 1, isMasked: false };

describe('encodePing (RFC 6455 section 5.5.2)', () => {
  it('is a final unmasked ping with its payload', () => {
    const cursor = '019ab0c2-5e00-7000-8000-000000000001';
    expect(decode(encodePing(Buffer.from(cursor)))).toEqual({
      ...wellFormed,
      opcode: 9,
      headerBytes: 2,
      text: cursor,
    });
  });
});

describe('encodeTextFrame (RFC 6455 section 5.2)', () => {
  it.each([
    [0, 2],
    [1, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [1_048_576, 10],
  ])('%d bytes are one final unmasked text frame with the shortest header, %d bytes', (size, headerBytes) => {
    const payload = Buffer.alloc(size, 'x');
    expect(decode(encodeTextFrame(payload))).toEqual({
      ...wellFormed,
      headerBytes,
      text: payload.toString(),
    });
  });

  it('counts bytes, not characters', () => {
    const text = '😀'.repeat(40);
    expect(decode(encodeTextFrame(Buffer.from(text)))).toEqual({ ...wellFormed, headerBytes: 4, text });
  });

  it('does not keep the payload: the caller may reuse its buffer', () => {
    const payload = Buffer.from('{"n":1}');
    const frame = encodeTextFrame(payload);
    payload.fill(0);
    expect(decode(frame).text).toBe('{"n":1}');
  });
});
