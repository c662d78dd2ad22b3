import { describe, expect, it } from '@jest/globals';
import { Framing } from '../../services/delivery/stream/event-form.ts';
import { KeptBytes } from '../../services/delivery/stream/kept-bytes.ts';
import { NamedFrame } from '../../services/delivery/stream/named-frame.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import { cursorAt, event, NOON } from './fakes.ts';

/** Memory that is kept for as long as one of these is. */
function pinnedBy(buffers: readonly Buffer[]): number {
  const pieces = new Set(buffers.map(({ buffer }) => buffer));
  return [...pieces].reduce((bytes, piece) => bytes + piece.byteLength, 0);
}

/** An event's worth of what a service makes meanwhile, such as answers. */
const makeOther = () => Array.from({ length: 20 }, () => Buffer.from('x'.repeat(300)));

const JSON_300 = Buffer.from(`{"event":"e","data":"${'d'.repeat(280)}"}`);
const framing = new Framing(({ json }) => {
  const wire = Buffer.concat([Buffer.from('<'), json, Buffer.from('>')]);
  return { wire, json: wire.subarray(1, -1) };
});

describe('the bytes of the entries that are kept', () => {
  it('are the same, and no others are kept with them', () => {
    const kept = new KeptBytes();
    const bodies = Array.from({ length: 1_000 }, (_, n) => {
      makeOther();
      return Buffer.from(String(n).repeat(100));
    });
    const copies = bodies.map((body) => {
      makeOther();
      return kept.copy(body);
    });
    expect(copies.map(String)).toEqual(bodies.map(String));
    const bytes = copies.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(pinnedBy(copies)).toBeLessThan(bytes + 70_000);
  });

  it('of a large one have a piece of their own', () => {
    const kept = new KeptBytes();
    const small = kept.copy(Buffer.from('a'));
    const large = kept.copy(Buffer.alloc(10_000, 'b'));
    expect(large.buffer.byteLength).toBe(10_000);
    expect(kept.copy(Buffer.from('c')).buffer).toBe(small.buffer);
  });

  it('are those of each event that arrives and of its frames', () => {
    const timeline = new Timeline(1e9);
    const wires: Buffer[] = [];
    for (let n = 0; n < 1_000; n += 1) {
      const { frame } = timeline.entryOf(event({ body: JSON_300 }));
      makeOther();
      if (frame !== undefined) wires.push(frame.dotted.as(framing), frame.dotted.json);
    }
    expect(wires.map(String)).toEqual(
      Array.from({ length: 1_000 }, () => [`<${JSON_300.toString()}>`, JSON_300.toString()]).flat(),
    );
    // The body as it came, and what was made of it.
    expect(pinnedBy(wires)).toBeLessThan(2 * 1_000 * 305 + 70_000);
  });

  it('hold the JSON where it stands in the wire bytes, and apart where it does not', () => {
    const inPieces = new Framing(() => ({ wire: Buffer.from('{}\n'), json: undefined }));
    const of = { type: 'e', underscoreName: 'e', body: JSON_300, cursor: cursorAt(NOON) };
    const { dotted } = new NamedFrame(of, new KeptBytes().copy);
    expect(dotted.as(inPieces).toString()).toBe('{}\n');
    const wire = dotted.as(framing);
    expect(dotted.json.toString()).toBe(JSON_300.toString());
    expect(dotted.json.buffer).toBe(wire.buffer);
    expect(dotted.json.byteOffset).toBe(wire.byteOffset + 1);
  });
});
