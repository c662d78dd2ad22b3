import { Cursor } from '../../../../shared/contract/cursor.ts';
import type { ServerFrame } from '../../../../shared/contract/frames.ts';
import { Framing } from '../../stream/event-form.ts';

const CR = 0x0d;
const LF = 0x0a;
const END = Buffer.from('\n\n');

export const COMMENT = Buffer.from(':\n\n');

/** An event as a block of a stream (WHATWG HTML, Server-sent events): its name, its cursor as the id, its JSON as data. */
export const streamFraming = new Framing(({ name, cursor, json }) => {
  // A line break would end the field; in JSON it is white space.
  const head = Buffer.from(`event: ${name.replace(/[\r\n]/g, ' ')}\nid: ${cursor}\ndata: `);
  if (json.includes(LF) || json.includes(CR)) {
    const lines = json.toString().split(/\r\n|\r|\n/);
    return { wire: Buffer.concat([head, Buffer.from(lines.join('\ndata: ')), END]), json: undefined };
  }
  const wire = Buffer.concat([head, json, END]);
  return { wire, json: wire.subarray(head.byteLength, -END.byteLength) };
});

/** Everything that is no event. Its cursor is an id too, so that `EventSource` comes back with it before the first event. */
export function encodeStreamFrame(frame: ServerFrame): Buffer {
  const cursor = 'cursor' in frame ? Cursor.safeParse(frame.cursor).data : undefined;
  const id = cursor === undefined ? '' : `id: ${cursor}\n`;
  return Buffer.from(`event: roomcast\n${id}data: ${JSON.stringify(frame)}\n\n`);
}

/** After how long `EventSource` comes back. */
export function encodeRetry(ms: number): Buffer {
  return Buffer.from(`retry: ${Math.round(ms)}\n\n`);
}
