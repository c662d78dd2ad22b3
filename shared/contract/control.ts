import { z } from 'zod';
import { Id } from './ids.ts';
import { roles } from './rooms.ts';
import { parseRoom, ROOM_EXPECTED, type Room } from './routing.ts';

/**
 * What ingest asks of every delivery instance, and what each answers. Both may be of another version: a request that an instance
 * does not know is answered with `not_understood`, and ingest names that instance as missing.
 */

export const RoomName = z.string(ROOM_EXPECTED).transform((name, context): Room => {
  const room = parseRoom(name);
  if (room !== undefined) return room;
  context.addIssue({ code: 'custom', message: ROOM_EXPECTED });
  return z.NEVER;
});

/** A connection is numbered by its instance. */
export const ConnectionKey = z.object({ instance: z.string().min(1), connection_id: z.int().positive() });
export type ConnectionKey = z.infer<typeof ConnectionKey>;

const User = z.object({ role: z.enum(roles), user_id: Id });

/** Which sessions: those that all of it is true of. */
export const Selection = z.object({
  room: RoomName.optional(),
  user: User.optional(),
  connection: ConnectionKey.optional(),
});
export type Selection = z.infer<typeof Selection>;

/** Events of the history that were stamped in a time. The offsets say where to read. */
const HistoryRange = z.object({
  from_offset: z.int().nonnegative(),
  to_offset: z.int().nonnegative(),
  from_ms: z.number(),
  to_ms: z.number(),
});
export type HistoryRange = z.infer<typeof HistoryRange>;

export const ControlRequest = z.discriminatedUnion('ask', [
  z.object({
    ask: z.literal('sessions'),
    of: Selection,
    /** The last one that the operator has, in the order of instances and numbers. */
    after: ConnectionKey.optional(),
    limit: z.int().positive(),
  }),
  z.object({ ask: z.literal('disconnect'), of: Selection, reason: z.string() }),
  z.object({
    ask: z.literal('replay'),
    of: Selection,
    /** A session is sent what is in those of them that it is in. */
    rooms: z.array(RoomName).min(1),
    /** Without it the sessions are counted, and nothing is sent. */
    events: HistoryRange.optional(),
  }),
  /** Who of them is connected, in whichever role, and when they left. */
  z.object({ ask: z.literal('people'), of: z.array(User) }),
  /** How many sessions there are. */
  z.object({ ask: z.literal('tally') }),
]);
export type ControlRequest = z.infer<typeof ControlRequest>;

/** The body of a control entry. Who asks reads answers from a queue of its own. */
export const ControlMessage = z.object({ reply_to: z.string().min(1), request: z.unknown() });

export const SessionRow = z.object({
  connection_id: z.int().positive(),
  instance: z.string(),
  transport: z.string(),
  role: z.enum(roles),
  user_id: z.number(),
  rooms: z.array(z.string()),
  since: z.string().meta({ description: 'RFC 3339' }),
  last_heard_at: z
    .string()
    .optional()
    .meta({ description: 'RFC 3339; absent where the transport gives no sign of life' }),
  confirmed_up_to: z
    .string()
    .optional()
    .meta({ description: 'the newest cursor that the client has confirmed in this session' }),
  behind: z.int().nonnegative().optional().meta({
    description: 'events that it was sent and has not confirmed; absent over HTTP, and without receipts',
  }),
});
export type SessionRow = z.infer<typeof SessionRow>;

const Sessions = z.object({ sessions: z.array(SessionRow), more: z.boolean() });

const People = z.object({
  /** With an id that was asked for; there may be more. */
  sessions: z.array(
    SessionRow.pick({ connection_id: true, instance: true, role: true, user_id: true, since: true }),
  ),
  /** RFC 3339, as far as the instance remembers it. */
  left: z.array(User.extend({ at: z.string() })),
});

export const SessionCount = z.object({
  role: z.enum(roles),
  transport: z.string(),
  sessions: z.int().nonnegative(),
});
export type SessionCount = z.infer<typeof SessionCount>;

const Tally = z.object({ counts: z.array(SessionCount) });

/** How many sessions it concerns there. */
const Concerned = z.object({ concerned: z.int().nonnegative() });

/** Of one instance. */
export interface ControlAnswers {
  readonly sessions: z.infer<typeof Sessions>;
  readonly disconnect: z.infer<typeof Concerned>;
  readonly replay: z.infer<typeof Concerned>;
  readonly people: z.infer<typeof People>;
  readonly tally: z.infer<typeof Tally>;
}
export type Ask = keyof ControlAnswers;

const schemas: { readonly [Name in Ask]: z.ZodType<ControlAnswers[Name]> } = {
  sessions: Sessions,
  disconnect: Concerned,
  replay: Concerned,
  people: People,
  tally: Tally,
};

export type ControlAnswer = ControlAnswers[Ask] | { readonly not_understood: true };

/** `undefined` for an answer of another version, and for one that says that the request was not understood. */
export function readAnswer<Name extends Ask>(ask: Name, body: Buffer): ControlAnswers[Name] | undefined {
  const schema: z.ZodType<ControlAnswers[Name]> = schemas[ask];
  return schema.safeParse(jsonIn(body)).data;
}

export function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
