import { describe, expect, it } from '@jest/globals';
import { NamedFrame } from '../../services/delivery/stream/named-frame.ts';
import { Framing, type EventForm } from '../../services/delivery/stream/event-form.ts';
import { cursorAt, nameIn, NOON } from './fakes.ts';

function frameOf(type: string, data: object = {}, underscoreName?: string): NamedFrame {
  const body = Buffer.from(JSON.stringify({ event: type, data }));
  return new NamedFrame({ type, underscoreName, body, cursor: cursorAt(NOON) });
}

describe('a frame for a client that takes no large one', () => {
  const notes = 'x'.repeat(5_000);
  const frame = () => frameOf('appointment.cancelled', { id: 12, status: 'y'.repeat(60), notes });
  const dataIn = ({ json }: EventForm) =>
    (JSON.parse(json.toString()) as { data: Record<string, unknown> }).data;

  it('is whole up to the size that the client takes, thin beyond', () => {
    const { size } = frame().dotted;
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
    expect(one.bytes).toBe(one.dotted.size + made);
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

  it.each([0, 60, 90, 100, 60_000, 65_480, 70_000])('are both whole, with %d bytes in it', (size) => {
    const data = { notes: 'x'.repeat(size) };
    const { json } = frameOf('appointment.cancelled', data).as('underscore');
    expect(JSON.parse(json.toString())).toEqual({ event: 'appointment_deleted', data });
  });

  it('is made once, however often it is asked for, and never unless it is', () => {
    const frame = frameOf('appointment.created');
    const grown: number[] = [];
    frame.onBytesAdded = (bytes) => grown.push(bytes);
    const before = frame.bytes;
    frame.as('dotted');
    expect([grown, frame.bytes]).toEqual([[], before]);
    const made = frame.as('underscore');
    expect(frame.as('underscore')).toBe(made);
    expect([grown, frame.bytes]).toEqual([[made.size], before + made.size]);
  });
});

describe('an event on the wire', () => {
  const json = 'x'.repeat(1_000);
  const framed = (before: string, after: string) => {
    const wire = Buffer.from(`${before}${json}${after}`);
    return { wire, json: wire.subarray(before.length, before.length + json.length) };
  };
  const form = () =>
    new NamedFrame({ type: 'e', underscoreName: 'e', body: Buffer.from(json), cursor: cursorAt(NOON) });

  it('is made once for each transport, from the same JSON', () => {
    const made: string[] = [];
    const [one, other] = ['one', 'other'].map(
      (name) =>
        new Framing((event) => {
          made.push(name);
          expect(event.json.toString()).toBe(json);
          return framed(`<${name}>`, '</>');
        }),
    );
    if (one === undefined || other === undefined) throw new Error('two framings');
    const { dotted } = form();
    const wires = [one, other, one, other].map((framing) => dotted.as(framing));
    expect(made).toEqual(['one', 'other']);
    expect([wires[2], wires[3]]).toEqual([wires[0], wires[1]]);
    expect([wires[0], wires[1]].map(String)).toEqual([`<one>${json}</>`, `<other>${json}</>`]);
    expect(dotted.json.toString()).toBe(json);
  });

  it('is counted, and its JSON no second time where it stands in one piece', () => {
    const frame = form();
    const grown: number[] = [];
    frame.onBytesAdded = (bytes) => grown.push(bytes);
    frame.dotted.as(new Framing(() => framed('<<', '>')));
    expect(frame.bytes).toBe(1_003);
    frame.dotted.as(new Framing(() => ({ ...framed('(', ')'), json: undefined })));
    expect(frame.bytes).toBe(2_005);
    expect(grown.reduce((sum, bytes) => sum + bytes, 0)).toBe(1_005);
  });
});
