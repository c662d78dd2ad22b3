import { z } from 'zod';
import { jsonIn } from '../../../shared/contract/control.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { TimeOrCursor } from '../../../shared/contract/rfc3339.ts';
import { Trace, type EventRow, type TracedPerson } from '../../../shared/contract/trace.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { RevocationList } from '../../../shared/revocations/revocation-list.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Control } from '../control/control.ts';
import type { Rejected } from '../inbox/rejected-queue.ts';
import type { HistorySearch } from '../publish/history-search.ts';
import { HISTORY_REFUSALS, tooLong } from './events.ts';
import type { OnQueue } from './rejected.ts';
import { readFields, type AdminRoute } from './route.ts';
import { noAnswerFrom, shownTrace } from './shown-trace.ts';
import { findEvents, timeIn } from './traced-events.ts';
import {
  pushOf,
  recipientsOf,
  toldOf,
  whyNobody,
  whyUnconfirmed,
  type Person,
  type Whereabouts,
} from './traced-people.ts';
import { readKept, type Kept, type TracedStreamOptions } from './traced-stream.ts';

const MAX_PASSED_OVER = 20;

const TraceQuery = z.strictObject({
  since: TimeOrCursor.optional(),
  as: z
    .enum(['json', 'text'])
    .default('json')
    .meta({ description: 'text: for people, in the words of `roomcast trace`' }),
});
const EventId = z.object({ id: z.string() });

export interface TraceOptions extends TracedStreamOptions {
  readonly search: Pick<HistorySearch, 'read'>;
  readonly control: Pick<Control, 'ask'>;
  readonly revocations: Pick<RevocationList, 'entries'>;
  readonly onRejected: OnQueue;
  readonly wall: WallClock;
}

export function traceRoutes(options: TraceOptions): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/admin/events/:id',
      operation: {
        summary:
          'What became of one event, by its id or cursor, or of a message of the inbox by its id; since: where the history is too long to look for it everywhere',
        parameters: EventId,
        query: TraceQuery,
        success: { status: 200, description: 'It came in', answer: Trace },
        refusals: [...HISTORY_REFUSALS, 'not_found', 'starting'],
      },
      handle: async ({ params, query }) => {
        const read = readFields(query, TraceQuery);
        if ('problems' in read) return read;
        const { id } = EventId.parse(params);
        const { since, as } = read.value;
        const trace = await traced(id, since, options);
        if (trace === 'late') return tooLong('/since');
        const text = () => shownTrace(trace) + noAnswerFrom(trace.missing);
        return { status: 200, body: as === 'text' ? text() : trace };
      },
    },
  ];
}

async function traced(
  asked: string,
  since: number | undefined,
  options: TraceOptions,
): Promise<Trace | 'late'> {
  const found = await findEvents(asked, since, options.search);
  if (found === 'late') return 'late';
  const { event, parts } = found;
  const id = event?.id ?? asked;
  const fromMs = event === undefined ? (since ?? timeIn(id)) : timeIn(event.cursor);
  const kept = await readKept({ id, appointmentId: event?.appointment_id, fromMs }, options);
  const { webhook } = kept;
  const trace = { id, ...arrivalOf(kept), parts: [...parts], complete: kept.isComplete };
  if (event !== undefined) {
    const told = await people(event, kept, options);
    return { ...trace, ...event, outcome: 'accepted', ...told };
  }
  const nobody = { people: [], missing: [] };
  if (webhook !== undefined || parts.length > 0)
    return { ...trace, outcome: webhook?.outcome ?? 'told', ...nobody };
  const rejected = await options.onRejected((_queue, all) => all.find((one) => isOf(one, id)));
  if (rejected === undefined)
    throw new AppError('not_found', `Neither the history nor what was rejected has an event ${id}.`);
  const { number, reason, at } = rejected;
  return {
    ...trace,
    outcome: 'rejected',
    entrance: 'inbox',
    rejected: { number, reason, ...(at !== undefined && { at }) },
    ...nobody,
  };
}

/** How it came in, and what came of the same appointment and was passed over since. */
export function arrivalOf({ arrivals, webhook, stale }: Kept) {
  const accepted = arrivals.find(({ outcome }) => outcome === 'accepted');
  const entrance = accepted?.entrance ?? webhook?.entrance;
  return {
    ...(entrance !== undefined && { entrance }),
    ...(webhook && {
      change: webhook.change,
      decided_at: webhook.at,
      appointment_id: webhook.appointment_id,
    }),
    ...(accepted !== undefined && { confirmed_at: accepted.at }),
    repeats: arrivals
      .filter(({ outcome }) => outcome === 'repeat')
      .map(({ entrance: by, at }) => ({ entrance: by, at })),
    passed_over: stale
      .slice(0, MAX_PASSED_OVER)
      .map(({ id, entrance: by, at, change }) => ({ id, entrance: by, at, change })),
  };
}

async function people(
  event: EventRow,
  { receipts, pushes }: Kept,
  { control, revocations, wall }: TraceOptions,
): Promise<Pick<Trace, 'people' | 'missing'>> {
  const persons = recipientsOf(event).map((person) => ({ person, told: toldOf(person, receipts) }));
  const of = persons
    .filter(({ told }) => told === undefined || told.stage === 'written')
    .map(({ person }) => person);
  const here = of.length === 0 ? NOWHERE : await whereabouts(of, control);
  const revoked = revocations.entries(unixMs(wall()));
  const eventMs = timeIn(event.cursor) ?? 0;
  const how = persons.map(({ person, told }): TracedPerson => {
    const push = pushOf(person, pushes);
    if (told === undefined) return { ...whyNobody(person, eventMs, here, revoked), ...push };
    return { ...(told.stage === 'written' ? whyUnconfirmed(told, here) : told), ...push };
  });
  return { people: how, missing: [...here.missing] };
}

const NOWHERE: Whereabouts = { sessions: [], left: [], missing: [] };

async function whereabouts(of: readonly Person[], control: Pick<Control, 'ask'>): Promise<Whereabouts> {
  const { answers, missing } = await control.ask({ ask: 'people', of: [...of] });
  return {
    sessions: answers.flatMap(({ sessions }) => sessions),
    left: answers.flatMap(({ left }) => left),
    missing,
  };
}

/** Messages that backends put into the inbox seldom have an id of their own beside that of their event. */
function isOf({ messageId, body }: Rejected, id: string): boolean {
  if (messageId === id) return true;
  const named = z.object({ id: z.coerce.string() }).safeParse(jsonIn(Buffer.from(body))).data;
  return named?.id === id;
}
