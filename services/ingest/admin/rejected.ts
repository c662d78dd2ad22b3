import { z } from 'zod';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { closeChannel } from '../../../shared/broker/close-channel.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import type { Refusal } from '../accept/problems.ts';
import { RejectedQueue, type Rejected } from '../inbox/rejected-queue.ts';
import { COMMON_REFUSALS, readFields, type AdminAnswer, type AdminRoute, type Asked } from './route.ts';

/** As far as anybody can look; the rest stay where they are. */
const MAX_LOOKED_AT = 1_000;
/** Of their bodies, of which each may be a megabyte. */
const MAX_LOOKED_AT_BYTES = 32 * 1024 * 1024;
const PAGE = 100;

const Place = z.coerce.number('expected a number of the list').int().min(1).max(MAX_LOOKED_AT);
const ListQuery = z.strictObject({
  limit: Place.default(PAGE),
  cursor: Place.optional().meta({ description: 'of the page before' }),
});
const Numbered = z.object({ n: Place.meta({ description: 'its place in the list, from 1' }) });
const OneQuery = z.strictObject({
  message_id: z.string().optional().meta({
    description:
      'that the message must have: its place is another one once somebody has taken away one before it',
  }),
});

const Row = z.object({
  number: z.int(),
  at: z.string().optional(),
  message_id: z.string().optional(),
  reason: z.string(),
});
const Whole = Row.extend({ headers: z.record(z.string(), z.unknown()), body: z.string() });
const Listed = z.object({ rejected: z.array(Row), cursor: z.string().optional() });

export interface RejectedOptions {
  readonly connection: Pick<BrokerConnection, 'model'>;
}

type Work<Result> = (queue: RejectedQueue, all: readonly Rejected[]) => Promise<Result> | Result;

export function rejectedRoutes(onQueue: OnQueue): readonly AdminRoute[] {
  return [listRoute(onQueue), ...messageRoutes(onQueue)];
}

/** Works on the queue while nobody else does. */
export type OnQueue = <Result>(work: Work<Result>) => Promise<Result>;

/** Whoever looks holds what it looks at, and another one would see the rest alone. */
export function oneByOne({ connection }: RejectedOptions): OnQueue {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(work: Work<Result>): Promise<Result> => {
    const turn = last.then(() => withQueue(connection, work));
    last = turn.catch(() => undefined);
    return turn;
  };
}

function listRoute(onQueue: OnQueue): AdminRoute {
  return {
    method: 'GET',
    path: '/v1/admin/rejected',
    operation: {
      summary: 'What could not be accepted, oldest first, each with its reason',
      query: ListQuery,
      success: { status: 200, description: 'One page', answer: Listed },
      refusals: [...COMMON_REFUSALS, 'invalid_request'],
    },
    handle: async ({ query }) => {
      const read = readFields(query, ListQuery);
      if ('problems' in read) return read;
      const { limit, cursor = 0 } = read.value;
      const end = cursor + limit;
      const rows = await onQueue((_queue, all) => all.map(rowOf));
      const hasMore = rows.length > end;
      const rejected = rows.slice(cursor, end);
      return { status: 200, body: { rejected, ...(hasMore && { cursor: String(end) }) } };
    },
  };
}

function messageRoutes(onQueue: OnQueue): readonly AdminRoute[] {
  const one = async (
    { params, query }: Asked,
    act: (queue: RejectedQueue, found: Rejected) => Promise<AdminAnswer> | AdminAnswer,
  ): Promise<AdminAnswer | Refusal> => {
    const place = readFields(params, Numbered);
    if ('problems' in place) return place;
    const named = readFields(query, OneQuery);
    if ('problems' in named) return named;
    const { n } = place.value;
    return onQueue((queue, all) => act(queue, chosen(all, n, named.value.message_id)));
  };
  const refusals = [...COMMON_REFUSALS, 'invalid_request', 'not_found'] as const;
  const path = '/v1/admin/rejected/:n' as const;
  const addressed = { parameters: Numbered, query: OneQuery, refusals };
  return [
    {
      method: 'GET',
      path,
      operation: {
        summary: 'One of them, whole, without its secrets',
        ...addressed,
        success: { status: 200, description: 'It stands there', answer: Whole },
      },
      handle: (asked) =>
        one(asked, (_queue, found) => {
          const { headers, body } = found;
          return { status: 200, body: { ...rowOf(found), headers, body } };
        }),
    },
    {
      method: 'POST',
      path: `${path}/publish`,
      operation: {
        summary: 'Sends it to the inbox once more',
        ...addressed,
        success: { status: 200, description: 'The broker has it', answer: Row },
      },
      handle: (asked) =>
        one(asked, async (queue, found) => {
          await queue.publish(found.number);
          return { status: 200, body: rowOf(found) };
        }),
    },
    {
      method: 'DELETE',
      path,
      operation: {
        summary: 'Removes it for good',
        ...addressed,
        success: { status: 204, description: 'It is gone' },
      },
      handle: (asked) =>
        one(asked, (queue, found) => {
          queue.drop(found.number);
          return { status: 204, did: rowOf(found) };
        }),
    },
  ];
}

async function withQueue<Result>(
  { model }: RejectedOptions['connection'],
  work: Work<Result>,
): Promise<Result> {
  if (model === undefined)
    throw new AppError('broker_unavailable', 'There is no connection to the broker now.');
  const channel = await model.createConfirmChannel();
  channel.on('error', () => undefined);
  try {
    const queue = new RejectedQueue(channel);
    return await work(queue, await queue.read(MAX_LOOKED_AT, MAX_LOOKED_AT_BYTES));
  } finally {
    await closeChannel(channel);
  }
}

function chosen(all: readonly Rejected[], n: number, messageId: string | undefined): Rejected {
  const found = all.find(({ number }) => number === n);
  if (found === undefined) throw new AppError('not_found', `There is no rejected message ${n}.`);
  if (messageId !== undefined && messageId !== found.messageId)
    throw new AppError('not_found', `The rejected message ${n} is another one by now: list them again.`);
  return found;
}

function rowOf({ number, at, messageId, reason }: Rejected): z.infer<typeof Row> {
  return {
    number,
    ...(at !== undefined && { at }),
    ...(messageId !== undefined && { message_id: messageId }),
    reason,
  };
}
