import { describe, expect, it } from '@jest/globals';
import { NamedFrame } from '../../services/delivery/stream/named-frame.ts';
import { payloadOf } from '../../services/delivery/transport/websocket/text-frame.ts';
import { nameIn } from './fakes.ts';

function frameOf(type: string, data: object = {}, underscoreName?: string): NamedFrame {
  return new NamedFrame({ type, underscoreName, body: Buffer.from(JSON.stringify({ event: type, data })) });
}

describe('a frame for a client that takes no large one', () => {
  const notes = 'x'.repeat(5_000);
  const frame = () => frameOf('appointment.cancelled', { id: 12, status: 'y'.repeat(60), notes });
  const dataIn = (bytes: Buffer) =>
    (JSON.parse(payloadOf(bytes).toString()) as { data: Record<string, unknown> }).data;

  it('is whole up to the size that the client takes, thin beyond', () => {
    const { dotted } = frame();
    const size = payloadOf(dotted).byteLength;
    expect(dataIn(frame().as('dotted', size))).toHaveProperty('notes');
    expect(dataIn(frame().as('dotted', size - 1))).toEqual({
      id: 12,
      status: 'y'.repeat(60),
      truncated: true,
    });
  });

  it('is without data where even the thin form is too large, and that at least', () => {
    const bare = { truncated: true };
    expect([dataIn(frame().as('dotted', 100)), dataIn(frame().as('dotted', 1))]).toEqual([bare, bare]);
  });

  it('is made once for each naming, and counted', () => {
    const one = frame();
    const grown: number[] = [];
    one.onBytesAdded = (bytes) => grown.push(bytes);
    const thin = one.as('dotted', 1_000);
    expect(one.as('dotted', 2_000)).toBe(thin);
    expect(nameIn(one.as('underscore', 1_000))).toBe('appointment_deleted');
    const made = grown.reduce((sum, bytes) => sum + bytes, 0);
    expect(one.bytes).toBe(one.dotted.byteLength + made);
  });
});

describe('a frame under two names', () => {
  it.each([
    ['appointment.cancelled', undefined, 'appointment_deleted'],
    ['calendar.sync', undefined, 'calendar_sync'],
    ['calendar.sync', 'unavailability_created', 'unavailability_created'],
  ])('%s that ingest calls %s is %s to the existing apps', (type, given, name) => {
    const frame = frameOf(type, { id: 12 }, given);
    expect([nameIn(frame.as('dotted')), nameIn(frame.as('underscore'))]).toEqual([type, name]);
  });

  it.each([0, 60, 90, 100, 60_000, 65_480, 70_000])(
    'has a header that fits, with %d bytes in it and around',
    (size) => {
      const data = { notes: 'x'.repeat(size) };
      const frame = frameOf('appointment.cancelled', data).as('underscore');
      expect(JSON.parse(payloadOf(frame).toString())).toEqual({ event: 'appointment_deleted', data });
      const headerBytes = frame.byteLength - payloadOf(frame).byteLength;
      expect(headerBytes).toBe(frame.byteLength < 128 ? 2 : frame.byteLength < 65_540 ? 4 : 10);
    },
  );

  it('is made once, however often it is asked for, and never unless it is', () => {
    const frame = frameOf('appointment.created');
    const grown: number[] = [];
    frame.onBytesAdded = (bytes) => grown.push(bytes);
    const before = frame.bytes;
    frame.as('dotted');
    expect([grown, frame.bytes]).toEqual([[], before]);
    const made = frame.as('underscore');
    expect(frame.as('underscore')).toBe(made);
    expect([grown, frame.bytes]).toEqual([[made.byteLength], before + made.byteLength]);
  });
});
