import { z } from 'zod';
import { eventIdOf } from '../../../shared/contract/companion-id.ts';
import { jsonIn, RoomName } from '../../../shared/contract/control.ts';
import { cursorTimeMs } from '../../../shared/contract/cursor.ts';
import { Id } from '../../../shared/contract/ids.ts';
import type { EventEntry } from '../../../shared/contract/message.ts';
import { TimeOrCursor } from '../../../shared/contract/rfc3339.ts';
import { roleRules, type RoleRule } from '../../../shared/contract/rooms.ts';
import { personalRoom, type Address, type Room } from '../../../shared/contract/routing.ts';
import { EventRow } from '../../../shared/contract/trace.ts';
import { UserName } from '../../../shared/contract/user-name.ts';
import { concernedBy } from '../accept/event-data.ts';
import { refusal } from '../accept/problems.ts';
import type { HistorySearch } from '../publish/history-search.ts';
import { startAt } from '../publish/read-to-mark.ts';
import { COMMON_REFUSALS, readFields, type AdminRoute } from './route.ts';

const MAX_PAGE = 1_000;
const PAGE = 100;

const EventsQuery = z.strictObject({
  appointment: Id.optional(),
  user: UserName.optional(),
  room: RoomName.optional(),
  since: TimeOrCursor.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(PAGE),
  cursor: z.coerce
    .number('expected a cursor as the page before has it')
    .int()
    .nonnegative()
    .optional()
    .meta({ description: 'of the page before' }),
});

const Listed = z.object({
  events: z.array(EventRow),
  cursor: z
    .string()
    .optional()
    .meta({ description: 'there may be more: go on from here, also where no event was found' }),
});

/** Of the frame, which ingest has built. */
const Frame = z.object({ timestamp: z.string(), data: z.record(z.string(), z.unknown()) });

/** What whoever reads the history may be answered with. */
export const HISTORY_REFUSALS = [...COMMON_REFUSALS, 'invalid_request', 'broker_blocked'] as const;

export interface EventsOptions {
  readonly search: Pick<HistorySearch, 'read'>;
}

export function eventRoutes(options: EventsOptions): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/admin/events',
      operation: {
        summary: 'What the history has, oldest first: of an appointment, a user, a room, or all since a time',
        query: EventsQuery,
        success: { status: 200, description: 'One page', answer: Listed },
        refusals: HISTORY_REFUSALS,
      },
      handle: async ({ query }) => {
        const read = readFields(query, EventsQuery);
        return 'problems' in read ? read : { status: 200, body: await listed(read.value, options) };
      },
    },
  ];
}

/** For a history of which too much would have to be read. */
export function tooLong(path: string) {
  return refusal('invalid_request', [
    { path, message: 'expected a later time: the history from there on cannot be read in 10 seconds' },
  ]);
}

/** Where events of a user go, besides what everybody of the staff gets. */
export function roomsOfUser({ role, userId }: UserName): readonly Room[] {
  const { personal, shared }: RoleRule = roleRules[role];
  return personal.length > 0
    ? personal.map((kind) => personalRoom(kind, userId))
    : shared.filter((room) => room !== 'calendar');
}

export function isIn(rooms: readonly Address[], { rooms: of }: Pick<EventEntry, 'rooms'>): boolean {
  return of.some((room) => rooms.includes(room));
}

async function listed(
  { appointment, user, room, since, limit, cursor }: z.output<typeof EventsQuery>,
  { search }: EventsOptions,
): Promise<z.infer<typeof Listed>> {
  const events: EventRow[] = [];
  const isMeant = (entry: EventEntry) =>
    !isCompanion(entry) &&
    (user === undefined || isIn(roomsOfUser(user), entry)) &&
    (room === undefined || isIn([room], entry)) &&
    (since === undefined || cursorTimeMs(entry.cursor) >= since);
  const { ending, next } = await search.read(
    cursor ?? (since === undefined ? 'first' : startAt(since)),
    (entries) => {
      const rows = entries
        .filter(isMeant)
        .map(rowOf)
        .filter(({ appointment_id }) => appointment === undefined || appointment_id === appointment);
      if (events.length + rows.length > limit) return false;
      events.push(...rows);
      return true;
    },
  );
  return { events, ...(ending !== 'end' && { cursor: String(next) }) };
}

/** It goes beside its event, and says nothing more. */
export function isCompanion({ id }: EventEntry): boolean {
  return eventIdOf(id) !== undefined;
}

/** Without its data, which is for those whom it concerns. */
export function rowOf({ id, type, cursor, rooms, body }: EventEntry): EventRow {
  const frame = Frame.safeParse(jsonIn(body)).data;
  const appointmentId = frame && concernedBy(frame.data).appointmentId;
  return {
    id,
    event: type,
    cursor,
    ...(frame && { timestamp: frame.timestamp }),
    ...(appointmentId !== undefined && { appointment_id: appointmentId }),
    rooms: [...rooms],
  };
}
