import { describe, expect, it } from '@jest/globals';
import { PingReader } from '../../bench/load/ping-reader.ts';
import { encodePing, encodeTextFrame } from '../../services/delivery/transport/websocket/server-frames.ts';

const CURSOR = '019a0000-0000-7000-8000-000000000001';
const event = encodeTextFrame(
  Buffer.from(JSON.stringify({ type: 'event', cursor: CURSOR, data: 'x'.repeat(300) })),
);

describe('the pings in what arrives', () => {
  it.each([
    ['with a cursor', CURSOR],
    ['empty', ''],
  ])('are found wherever a read ends: %s', (_, payload) => {
    const bytes = Buffer.concat([event, encodePing(Buffer.from(payload)), event]);
    for (let split = 0; split <= bytes.byteLength; split += 1) {
      const pings = new PingReader();
      const found = [bytes.subarray(0, split), bytes.subarray(split)].map((part) => pings.take(part));
      expect(found.filter((one) => one !== undefined)).toEqual([payload]);
    }
  });

  it('are none in events, also of a length that has the byte of a ping', () => {
    const lengths = Array.from({ length: 0x100 }, (_, more) => 126 + more);
    for (const length of lengths) {
      const pings = new PingReader();
      const frame = encodeTextFrame(Buffer.alloc(length, '{'));
      const found = [...frame].map((byte) => pings.take(Buffer.from([byte])));
      expect(found.filter((one) => one !== undefined)).toEqual([]);
    }
  });
});
