import { z } from 'zod';
import { EventNaming } from './event-naming.ts';
import { ROOM_FORMS } from './rooms.ts';
import { parseRoom, ROOM_EXPECTED, ROOM_PATTERN, type Room } from './routing.ts';

/** The least that a client may say it takes in one frame: an event without its data fits into it. */
export const MIN_MAX_FRAME_BYTES = 1_024;

const roomForm = { type: 'string', pattern: ROOM_PATTERN, description: ROOM_FORMS } as const;
/** Checked where it is used, so that a bad one costs the client that and not its session; `form` is what a good one is. */
const checkedLater = (form: z.core.GlobalMeta) => z.unknown().optional().meta(form);

/** Frames of a client, in the fork's own verbs. */
export const ClientFrame = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('auth'),
    token: z.string(),
    cursor: checkedLater({
      type: 'string',
      description: 'Of the last frame that had one: what was missed comes.',
    }),
    rooms: checkedLater({ type: 'array', items: roomForm, description: "To join besides the role's." }),
    events: checkedLater({ enum: EventNaming.options, description: 'How events are named.' }),
    max_frame_bytes: checkedLater({
      type: 'integer',
      minimum: MIN_MAX_FRAME_BYTES,
      description: 'The largest message that the client takes; a larger event comes in thin form.',
    }),
  }),
  z.object({ action: z.literal('subscribe'), room: checkedLater(roomForm) }),
  z.object({ action: z.literal('unsubscribe'), room: checkedLater(roomForm) }),
  z.object({ action: z.literal('list_rooms') }),
  z.object({ action: z.literal('ping') }),
  z.object({
    action: z.literal('ack'),
    cursor: z.string().describe('Of an event that the app has taken, and all before it.'),
  }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

const actions: readonly string[] = ClientFrame.options.map((option) => option.shape.action.value);

export const frameErrorCodes = [
  'AUTH_REQUIRED',
  'TOKEN_EXPIRED',
  'AUTH_FAILED',
  'RATE_LIMITED',
  'INVALID_MESSAGE',
  'INVALID_ROOM',
  'ACCESS_DENIED',
  'UNKNOWN_ACTION',
  'TOO_SLOW',
  'OVERLOADED',
] as const;
export type FrameErrorCode = (typeof frameErrorCodes)[number];

export const resumeFailures = ['invalid', 'unknown', 'expired', 'busy', 'too_much'] as const;
export type ResumeFailure = (typeof resumeFailures)[number];

const RoomName = z.custom<Room>((name) => parseRoom(name) !== undefined, ROOM_EXPECTED).meta(roomForm);
const Resumed = z.object({ type: z.literal('resumed'), replayed: z.int(), cursor: z.string() });

const ErrorFrame = z.object({
  type: z.literal('error'),
  code: z.enum(frameErrorCodes),
  message: z.string(),
});
export type ErrorFrame = z.infer<typeof ErrorFrame>;

/** Frames of the server that are no events. */
export const ServerFrame = z.union([
  z.object({ type: z.enum(['subscribed', 'unsubscribed']), room: RoomName }),
  z.object({
    type: z.literal('connected'),
    message: z.string(),
    connection_id: z.int(),
    cursor: z.string(),
    expires_at: z.iso.datetime().describe('When the token ends the session, unless it is refreshed before.'),
    ping_interval_seconds: z
      .number()
      .positive()
      .describe('How long the connection may be silent before the server pings it.'),
    acks: z
      .literal(true)
      .optional()
      .describe('Whether `ack` is worth something: there are receipts for its user.'),
  }),
  z.object({ type: z.literal('rooms_list'), rooms: z.array(RoomName).readonly() }),
  z.object({ type: z.literal('pong'), timestamp: z.iso.datetime() }),
  z.object({ type: z.literal('refreshed'), expires_at: z.iso.datetime() }),
  z
    .object({ type: z.literal('going_away'), reconnect_after_ms: z.int().nonnegative() })
    .describe('The instance stops; comes before close code 1012.'),
  Resumed.extend({ recovered: z.literal(true) }),
  Resumed.extend({ recovered: z.literal(false), reason: z.enum(resumeFailures) }),
  ErrorFrame,
]);
export type ServerFrame = z.infer<typeof ServerFrame>;

/** An event, as every client of its rooms receives it: has `event`, never `type`. */
export const EventFrame = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()),
  timestamp: z.iso.datetime({ offset: true }),
  id: z.string().min(1),
  cursor: z.string().min(1),
});
export type EventFrame = z.infer<typeof EventFrame>;

export function errorFrame(code: FrameErrorCode, message: string): ErrorFrame {
  return { type: 'error', code, message };
}

/** What somebody sent in the place of something else, in words. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * Objects, lists and keys of a client's frame, which needs fewer than ten; what a list holds besides is not counted. Tens of
 * thousands fit into 64 KiB, take milliseconds to parse, and to collect ten times as long.
 */
export const MAX_FRAME_PARTS = 64;

/** Counts before anything is parsed, and no further than the bound: an opening bracket or a colon outside a text. */
function hasTooManyParts(json: string): boolean {
  let parts = 0;
  let inText = false;
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at];
    if (char === '"') inText = !inText;
    else if (inText) at += char === '\\' ? 1 : 0;
    else if (char === '{' || char === '[' || char === ':') parts += 1;
    if (parts > MAX_FRAME_PARTS) return true;
  }
  return false;
}

const ObjectFrame = z.record(z.string(), z.unknown());

/** One text frame of a client, or the error frame that answers it. */
export function parseClientFrame(text: string): ClientFrame | ErrorFrame {
  if (text.trim() === '')
    return errorFrame('INVALID_MESSAGE', 'The frame is empty. Send one JSON object with an "action".');
  if (hasTooManyParts(text)) {
    return errorFrame(
      'INVALID_MESSAGE',
      `More than ${MAX_FRAME_PARTS} objects, lists and keys in one frame.`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return errorFrame('INVALID_MESSAGE', 'Not JSON. Send one JSON object with an "action".');
  }
  const object = ObjectFrame.safeParse(json);
  if (!object.success) {
    return errorFrame('INVALID_MESSAGE', `Send one JSON object with an "action", not ${kindOf(json)}.`);
  }
  const { action, token } = object.data;
  if (typeof action !== 'string') {
    return errorFrame('INVALID_MESSAGE', `"action" is a string; here it is ${kindOf(action)}.`);
  }
  const frame = ClientFrame.safeParse(json);
  if (frame.success) return frame.data;
  if (action === 'auth') {
    return errorFrame('AUTH_FAILED', `auth needs a "token" that is a string; here it is ${kindOf(token)}.`);
  }
  return errorFrame(
    'UNKNOWN_ACTION',
    `Unknown action ${JSON.stringify(action.slice(0, 40))}. Use one of ${actions.join(', ')}.`,
  );
}

export function encodeFrame(frame: ServerFrame): Buffer {
  return Buffer.from(JSON.stringify(frame));
}
