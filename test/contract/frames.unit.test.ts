import { describe, expect, it, jest } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { encodeFrame, frameErrorCodes, parseClientFrame } from '../../shared/contract/frames.ts';

const fixtures = new URL('../fixtures/original-websocket/client/', import.meta.url);
const names = readdirSync(fixtures);

describe('frames of the existing apps', () => {
  it('there are fixtures of all five verbs', () => {
    const verbs = names.map((name) => name.split('.')[0]);
    expect(new Set(verbs)).toEqual(new Set(['auth', 'subscribe', 'unsubscribe', 'list_rooms', 'ping']));
  });

  it.each(names)('%s is understood as it is sent', (name) => {
    const text = readFileSync(new URL(name, fixtures), 'utf8');
    expect(parseClientFrame(text)).toEqual(JSON.parse(text));
  });
});

it('every error of their own server is one of ours', () => {
  const server = readdirSync(new URL('../server/', fixtures));
  const codes = server.flatMap((name) => /^error\.(\w+)\.json$/.exec(name)?.[1] ?? []);
  expect(codes.length).toBeGreaterThan(0);
  expect(frameErrorCodes).toEqual(expect.arrayContaining(codes));
});

describe('parseClientFrame', () => {
  it('reads what auth brings beside the token and judges none of it', () => {
    const frame = { action: 'auth', token: 't', cursor: 5, rooms: 'none', events: [] };
    expect(parseClientFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it('passes over fields that it does not know', () => {
    expect(parseClientFrame('{"action":"ping","sent_at":1}')).toEqual({ action: 'ping' });
  });

  it('leaves a room name to whoever joins', () => {
    expect(parseClientFrame('{"action":"subscribe"}')).toEqual({ action: 'subscribe' });
    expect(parseClientFrame('{"action":"subscribe","room":[1]}')).toEqual({ action: 'subscribe', room: [1] });
  });

  it.each(['', ' ', 'ping', '{', '{"action":"ping"', "{'action':'ping'}", '\u0000'])(
    '%j is not JSON: INVALID_MESSAGE',
    (text) => {
      expect(parseClientFrame(text)).toMatchObject({ type: 'error', code: 'INVALID_MESSAGE' });
    },
  );

  it.each([
    'null',
    '1',
    '"ping"',
    '[]',
    '[{"action":"ping"}]',
    '{}',
    '{"action":null}',
    '{"action":5}',
    '{"type":"ping"}',
  ])('%s names no action: INVALID_MESSAGE', (text) => {
    expect(parseClientFrame(text)).toMatchObject({ type: 'error', code: 'INVALID_MESSAGE' });
  });

  it.each(['publish', 'AUTH', 'Ping', '', '__proto__', 'constructor', 'x'.repeat(10_000)])(
    'action %.20j is UNKNOWN_ACTION, in a sentence of bounded length that names the known ones',
    (action) => {
      const frame = parseClientFrame(JSON.stringify({ action }));
      expect(frame).toMatchObject({ type: 'error', code: 'UNKNOWN_ACTION' });
      const message = 'message' in frame ? frame.message : '';
      expect(message).toContain('auth, subscribe, unsubscribe, list_rooms, ping');
      expect(message.length).toBeLessThan(200);
    },
  );

  it.each(['{"action":"auth"}', '{"action":"auth","token":null}', '{"action":"auth","token":5}'])(
    '%s has no token: AUTH_FAILED',
    (text) => {
      expect(parseClientFrame(text)).toMatchObject({ type: 'error', code: 'AUTH_FAILED' });
    },
  );
});

describe('a frame of more than 64 objects, lists and keys', () => {
  const auth = (token: string) => `{"action":"auth","token":${token}}`;
  it.each([
    ['nested lists', auth('['.repeat(30_000) + ']'.repeat(30_000))],
    ['nested objects', auth('{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000))],
    ['lists beside each other', auth(`[${'[],'.repeat(20_000)}1]`)],
    ['keys', auth(`"t",${Array.from({ length: 5_000 }, (_, key) => `"${key}":1`).join()}`)],
    ['one part more than may be', auth('['.repeat(62) + ']'.repeat(62))],
    ['no end', '['.repeat(65)],
  ])('is INVALID_MESSAGE, and quotes nothing: %s', (_what, text) => {
    expect(parseClientFrame(text)).toEqual({
      type: 'error',
      code: 'INVALID_MESSAGE',
      message: 'More than 64 objects, lists and keys in one frame.',
    });
  });

  it('is not parsed', () => {
    const parse = jest.spyOn(JSON, 'parse');
    parseClientFrame('['.repeat(30_000) + ']'.repeat(30_000));
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it.each([
    ['64 parts', auth('['.repeat(61) + ']'.repeat(61)), 'AUTH_FAILED'],
    ['brackets, colons and quotes in a text', auth(JSON.stringify('[{:"\\"'.repeat(100))), undefined],
    ['a text that ends in a backslash', auth(JSON.stringify('[:\\'.repeat(100))), undefined],
  ])('is not one of %s', (_what, text, code) => {
    expect(parseClientFrame(text)).toMatchObject(code === undefined ? { action: 'auth' } : { code });
  });

  it('is not one that names thousands of rooms', () => {
    const rooms = Array.from({ length: 4_000 }, (_, id) => `provider_${id + 1}`);
    const frame = { action: 'auth', token: 't', rooms };
    expect(parseClientFrame(JSON.stringify(frame))).toEqual(frame);
  });
});

describe('encodeFrame', () => {
  it('writes one JSON object in UTF-8', () => {
    const frame = { type: 'error', code: 'INVALID_ROOM', message: '"Zoë" is no room' } as const;
    expect(JSON.parse(encodeFrame(frame).toString('utf8'))).toEqual(frame);
  });
});
