import fc from 'fast-check';
import assert from 'node:assert/strict';
import { encodeFrame, MAX_FRAME_PARTS, parseClientFrame } from '../../shared/contract/frames.ts';
import { almost, anyJson, anyText } from './any-json.ts';
import type { FuzzProperty } from './property.ts';

const keys = ['action', 'token', 'cursor', 'rooms', 'room', 'events', 'max_frame_bytes'];
const actions = ['auth', 'subscribe', 'unsubscribe', 'list_rooms', 'ping'];
const odd = anyJson([...keys, ...actions]);
/** Of an error frame, whatever it quotes of what the client sent. */
const MAX_ERROR_BYTES = 512;

/** The text of a frame: mostly one of a client, mostly with something wrong. */
export const anyFrame = fc.oneof(
  {
    weight: 6,
    arbitrary: almost(
      [
        [['action'], fc.constantFrom(...actions, 'publish', 'AUTH').map((one) => JSON.stringify(one))],
        [['token'], anyText.map((text) => JSON.stringify(text))],
        [['room', 'rooms', 'cursor'], odd],
        [['events', 'max_frame_bytes'], odd],
      ],
      odd,
    ),
  },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: anyText },
);

/** Any text is a frame of the contract, or answered by an error frame that says what is wrong with it. */
export const frames: FuzzProperty = {
  name: 'a text frame is a frame of the contract, or an error frame',
  feeds: 'frames',
  shortRuns: 1_000,
  create: (fed) =>
    fc.property(anyFrame, (text) => {
      fed(1);
      const frame = parseClientFrame(text);
      const expected = expectedOf(text);
      if ('code' in frame) {
        assert.equal(frame.code, expected);
        assert.ok(encodeFrame(frame).byteLength <= MAX_ERROR_BYTES);
        assert.ok(!/\p{Cs}/u.test(frame.message));
      } else {
        assert.equal(frame.action, expected);
        const sent = JSON.parse(text) as Record<string, unknown>;
        for (const [key, value] of Object.entries(frame)) assert.deepEqual(value, sent[key]);
      }
    }),
};

/** The action of a good frame, or the code for one that is not. */
function expectedOf(text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'INVALID_MESSAGE';
  }
  // Its texts taken out, objects, lists and keys are what is left of these.
  const parts = text.replace(/"(?:\\.|[^"\\])*"/g, '').match(/[[{:]/g);
  if ((parts?.length ?? 0) > MAX_FRAME_PARTS) return 'INVALID_MESSAGE';
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'INVALID_MESSAGE';
  const own = (key: string): unknown => Object.getOwnPropertyDescriptor(json, key)?.value;
  const action = own('action');
  if (typeof action !== 'string') return 'INVALID_MESSAGE';
  if (!actions.includes(action)) return 'UNKNOWN_ACTION';
  return action === 'auth' && typeof own('token') !== 'string' ? 'AUTH_FAILED' : action;
}
