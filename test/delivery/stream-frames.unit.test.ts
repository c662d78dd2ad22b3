import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NamedFrame } from '../../services/delivery/stream/named-frame.ts';
import { encodeStreamFrame, streamFraming } from '../../services/delivery/transport/http/stream-frames.ts';
import { cursorAt, NOON } from './fakes.ts';

const cursor = cursorAt(NOON);

/** What an `EventSource` reads of one block (WHATWG HTML section 9.2.6). */
function parse(bytes: Buffer) {
  const text = bytes.toString();
  expect(text.endsWith('\n\n')).toBe(true);
  const read = { event: '', id: '', data: [] as string[] };
  for (const line of text.slice(0, -2).split(/\r\n|\r|\n/)) {
    const [, field, value = ''] = /^([a-z]+): ?(.*)$/su.exec(line) ?? [];
    if (field === 'data') read.data.push(value);
    else if (field === 'event' || field === 'id') read[field] = value;
    else throw new Error(`a line that is no field of ours: ${JSON.stringify(line)}`);
  }
  return { ...read, data: read.data.join('\n') };
}

const framed = (body: string, type = 'appointment.created') =>
  new NamedFrame({ type, body: Buffer.from(body), cursor }).dotted;

describe('an event on a stream', () => {
  it('is named as the event, has its cursor as id and its frame as data', () => {
    const body = '{"event":"appointment.created","data":{"notes":"größer 😀"}}';
    expect(parse(framed(body).as(streamFraming))).toEqual({
      event: 'appointment.created',
      id: cursor,
      data: body,
    });
  });

  it('is one block that says the same JSON, however it is spaced', () => {
    const spaces = fc.constantFrom('', ' ', '\n', '\r', '\r\n', '\n\n', '\n\r\t');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), spaces, spaces, (data, one, other) => {
        const json = `${one}{${other}"data":${one}${JSON.stringify(data, undefined, other)}}${other}`;
        const form = framed(json);
        expect(JSON.parse(parse(form.as(streamFraming)).data)).toEqual(JSON.parse(json));
        expect(JSON.parse(form.json.toString())).toEqual(JSON.parse(json));
      }),
    );
  });

  it('cannot end its name and begin another field', () => {
    expect(parse(framed('{}', 'a\ndata: b\r\rc').as(streamFraming))).toMatchObject({
      event: 'a data: b  c',
      data: '{}',
    });
  });
});

describe('everything else on a stream', () => {
  it('is named roomcast, and has its cursor as id where it has one', () => {
    const resumed = { type: 'resumed', recovered: true, replayed: 2, cursor } as const;
    const error = { type: 'error', code: 'TOO_SLOW', message: 'You\nread too slowly.' } as const;
    expect(parse(encodeStreamFrame(resumed))).toEqual({
      event: 'roomcast',
      id: cursor,
      data: JSON.stringify(resumed),
    });
    expect(parse(encodeStreamFrame(error))).toEqual({
      event: 'roomcast',
      id: '',
      data: JSON.stringify(error),
    });
  });

  it('gives no id that a client made up', () => {
    const resumed = { type: 'resumed', recovered: true, replayed: 0, cursor: 'x\nid: y' } as const;
    expect(parse(encodeStreamFrame(resumed))).toMatchObject({ id: '' });
  });
});
