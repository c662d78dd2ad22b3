import { z } from 'zod';
import type { HistoryRange } from '../../../shared/contract/control.ts';
import { RoomName } from '../../../shared/contract/control.ts';
import { cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { EventEntry } from '../../../shared/contract/message.ts';
import { TimeOrCursor } from '../../../shared/contract/rfc3339.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import { UserName } from '../../../shared/contract/user-name.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import { refusal, type Refusal } from '../accept/problems.ts';
import type { Control } from '../control/control.ts';
import type { HistorySearch } from '../publish/history-search.ts';
import { isPast, startAt } from '../publish/read-to-mark.ts';
import { isIn, roomsOfUser, tooLong } from './events.ts';
import {
  COMMON_REFUSALS,
  MAX_REASON_CHARACTERS,
  readBody,
  type AdminAnswer,
  type AdminRoute,
} from './route.ts';
import { concernedIn, Missing, selectionOf } from './sessions.ts';

/** Every instance holds them until they are written. */
const MAX_EVENTS = 1_000;
/** Events times sessions. */
const MAX_FRAMES = 1_000_000;

const ONE_OF = 'expected one of room and user';

const ReplayInput = z
  .strictObject({
    from: TimeOrCursor,
    to: TimeOrCursor.optional(),
    room: RoomName.optional(),
    user: UserName.optional(),
    dry_run: z.boolean('expected true, which only counts, or false'),
    reason: z.string().min(1).max(MAX_REASON_CHARACTERS).optional(),
  })
  .refine(({ room, user }) => (room === undefined) !== (user === undefined), ONE_OF)
  .refine(({ from, to = Infinity }) => from <= to, { path: ['to'], message: 'expected no time before from' });

const Replayed = z.object({ events: z.int(), sessions: z.int(), missing: Missing });

export interface ReplayOptions {
  readonly search: Pick<HistorySearch, 'read'>;
  readonly control: Pick<Control, 'ask'>;
  readonly wall: WallClock;
}

export function replayRoutes(options: ReplayOptions): readonly AdminRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/admin/replay',
      operation: {
        summary:
          'Sends the events of a time once more, with their ids, to the sessions of a room, or of a user; dry_run counts them',
        request: ReplayInput,
        success: { status: 200, description: 'How many events go to how many sessions', answer: Replayed },
        refusals: [...COMMON_REFUSALS, 'malformed_json', 'invalid_request', 'starting', 'broker_blocked'],
      },
      handle: ({ body }) => replay(body, options),
    },
  ];
}

async function replay(body: Buffer, options: ReplayOptions): Promise<AdminAnswer | Refusal> {
  const read = readBody(body, ReplayInput);
  if ('problems' in read) return read;
  const { from, to = unixMs(options.wall()), room, user, dry_run, reason } = read.value;
  const rooms = user === undefined ? [room].filter((one) => one !== undefined) : roomsOfUser(user);
  const found = await eventsBetween(from, to, rooms, options.search);
  if (found === 'late') return tooLong('/from');
  if (found === 'too many')
    return refusal('invalid_request', [
      { path: '/from', message: `expected a shorter time: there are more than ${MAX_EVENTS} events in it` },
    ]);
  const { events, range } = found;
  const request = { ask: 'replay' as const, of: selectionOf({ room, user }), rooms: [...rooms] };
  let { answers, missing } = await options.control.ask(request);
  const sessions = concernedIn(answers);
  if (sessions * events > MAX_FRAMES)
    return refusal('invalid_request', [
      {
        path: '/from',
        message: `${events} events to ${sessions} sessions are more than ${MAX_FRAMES} frames`,
      },
    ]);
  if (!dry_run && range !== undefined)
    ({ answers, missing } = await options.control.ask({ ...request, events: range }));
  const replayed = { events, sessions: concernedIn(answers), missing };
  return { status: 200, body: replayed, did: { ...read.value, ...replayed, ...(reason && { reason }) } };
}

type Found = { readonly events: number; readonly range: HistoryRange | undefined } | 'late' | 'too many';

/** Counts them as delivery will send them: each once. */
async function eventsBetween(
  fromMs: number,
  toMs: number,
  rooms: readonly Room[],
  search: ReplayOptions['search'],
): Promise<Found> {
  const identities = new Set<string>();
  const offsets: number[] = [];
  const { ending } = await search.read(startAt(fromMs), (entries, offset) => {
    for (const entry of entries.filter((one) => isBetween(one, fromMs, toMs) && isIn(rooms, one))) {
      identities.add(entry.identity);
      offsets.push(offset);
    }
    return identities.size <= MAX_EVENTS && !entries.some(({ cursor }) => isPast(toMs, cursorTimeMs(cursor)));
  });
  if (identities.size > MAX_EVENTS) return 'too many';
  if (ending === 'late') return 'late';
  const [first, last = first] = [offsets[0], offsets.at(-1)];
  if (first === undefined || last === undefined) return { events: 0, range: undefined };
  const range = { from_offset: first, to_offset: last, from_ms: fromMs, to_ms: toMs };
  return { events: identities.size, range };
}

function isBetween({ cursor }: EventEntry, fromMs: number, toMs: number): boolean {
  const timeMs = cursorTimeMs(cursor);
  return timeMs >= fromMs && timeMs <= toMs;
}
