import { z } from 'zod';
import type { Room } from './routing.ts';

/** Frames of a client, in the fork's own verbs. */
export const ClientFrame = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('auth'),
    token: z.string(),
    // Looked at by whoever resumes or joins, so that a bad one costs the client that and not its session.
    cursor: z.unknown().optional(),
    rooms: z.unknown().optional(),
  }),
  z.object({ action: z.literal('subscribe'), room: z.unknown().optional() }),
  z.object({ action: z.literal('unsubscribe'), room: z.unknown().optional() }),
  z.object({ action: z.literal('list_rooms') }),
  z.object({ action: z.literal('ping') }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

const actions: readonly string[] = ClientFrame.options.map((option) => option.shape.action.value);

export type FrameErrorCode =
  | 'AUTH_REQUIRED'
  | 'TOKEN_EXPIRED'
  | 'AUTH_FAILED'
  | 'RATE_LIMITED'
  | 'INVALID_MESSAGE'
  | 'INVALID_ROOM'
  | 'ACCESS_DENIED'
  | 'UNKNOWN_ACTION'
  | 'TOO_SLOW'
  | 'OVERLOADED';

export type ResumeFailure = 'invalid' | 'unknown' | 'expired';

export type ServerFrame =
  | { type: 'subscribed' | 'unsubscribed'; room: Room }
  | { type: 'connected'; message: string; connection_id: number; cursor: string }
  | { type: 'rooms_list'; rooms: readonly Room[] }
  | { type: 'pong'; timestamp: string }
  | { type: 'refreshed'; expires_at: string }
  | { type: 'resumed'; recovered: true; replayed: number; cursor: string }
  | { type: 'resumed'; recovered: false; replayed: number; cursor: string; reason: ResumeFailure }
  | ErrorFrame;

export interface ErrorFrame {
  type: 'error';
  code: FrameErrorCode;
  message: string;
}

export function errorFrame(code: FrameErrorCode, message: string): ErrorFrame {
  return { type: 'error', code, message };
}

const Action = z.object({ action: z.string() });

/** One text frame of a client, or the error frame that answers it. */
export function parseClientFrame(text: string): ClientFrame | ErrorFrame {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return errorFrame('INVALID_MESSAGE', 'Not JSON. Send one JSON object with an "action".');
  }
  const named = Action.safeParse(json);
  if (!named.success) {
    return errorFrame('INVALID_MESSAGE', 'Send one JSON object whose "action" is a string.');
  }
  const frame = ClientFrame.safeParse(json);
  if (frame.success) return frame.data;
  const { action } = named.data;
  if (action === 'auth') return errorFrame('AUTH_FAILED', 'auth needs a "token" that is a string.');
  return errorFrame(
    'UNKNOWN_ACTION',
    `Unknown action ${JSON.stringify(action.slice(0, 40))}. Use one of ${actions.join(', ')}.`,
  );
}

export function encodeFrame(frame: ServerFrame): Buffer {
  return Buffer.from(JSON.stringify(frame));
}
