import { describe, expect, it } from '@jest/globals';
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

describe('encodeFrame', () => {
  it('writes one JSON object in UTF-8', () => {
    const frame = { type: 'error', code: 'INVALID_ROOM', message: '"Zoë" is no room' } as const;
    expect(JSON.parse(encodeFrame(frame).toString('utf8'))).toEqual(frame);
  });
});
