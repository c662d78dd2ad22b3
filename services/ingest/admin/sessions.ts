import { z } from 'zod';
import { ConnectionKey, RoomName, Selection, SessionRow } from '../../../shared/contract/control.ts';
import { UserName } from '../../../shared/contract/user-name.ts';
import { COMMON_REFUSALS, MAX_REASON_CHARACTERS, readBody, readFields, type AdminRoute } from './route.ts';
import type { Control } from '../control/control.ts';

const CONNECTION_EXPECTED =
  'expected an instance and a number, such as ws-1/57, as the list of sessions has them';
const MAX_PAGE = 1_000;
const PAGE = 200;

/** `ws-1/57`: a number alone names one of each instance. */
const ConnectionName = z.string(CONNECTION_EXPECTED).transform((name, context): ConnectionKey => {
  const [, instance, number] = /^([^/]+)\/([1-9][0-9]{0,14})$/.exec(name) ?? [];
  if (instance !== undefined) return { instance, connection_id: Number(number) };
  context.addIssue({ code: 'custom', message: CONNECTION_EXPECTED });
  return z.NEVER;
});

/** How an operator names sessions. */
const selectionFields = {
  room: RoomName.optional(),
  user: UserName.optional(),
  connection: ConnectionName.optional(),
};

const SessionsQuery = z.strictObject({
  room: selectionFields.room,
  user: selectionFields.user,
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(PAGE),
  cursor: ConnectionName.optional().meta({ description: 'of the page before' }),
});

export const Missing = z
  .array(z.string())
  .meta({ description: 'instances that did not answer in time: what is here is without theirs' });

const Listed = z.object({ sessions: z.array(SessionRow), cursor: z.string().optional(), missing: Missing });

const NAME_SOME = 'expected user, room or connection';

const DisconnectInput = z
  .strictObject({ ...selectionFields, reason: z.string().min(1).max(MAX_REASON_CHARACTERS) })
  .refine(({ user, room, connection }) => user ?? room ?? connection, NAME_SOME);

const Disconnected = z.object({ sessions: z.int(), missing: Missing });

export interface SessionsOptions {
  readonly control: Pick<Control, 'ask'>;
}

export function sessionRoutes(options: SessionsOptions): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/admin/sessions',
      operation: {
        summary: 'Who is connected, on every instance; all, or those of a room or user, by pages',
        query: SessionsQuery,
        success: { status: 200, description: 'One page', answer: Listed },
        refusals: [...COMMON_REFUSALS, 'invalid_request', 'starting'],
      },
      handle: async ({ query }) => {
        const read = readFields(query, SessionsQuery);
        if ('problems' in read) return read;
        const { cursor: after, limit, ...named } = read.value;
        return { status: 200, body: await listed({ after, limit, of: selectionOf(named) }, options) };
      },
    },
    {
      method: 'POST',
      path: '/v1/admin/disconnect',
      operation: {
        summary:
          'Ends sessions with 1012: those that everything is true of that is named. Their clients come back; revoke keeps them out',
        request: DisconnectInput,
        success: { status: 200, description: 'How many are being ended', answer: Disconnected },
        refusals: [...COMMON_REFUSALS, 'malformed_json', 'invalid_request', 'starting'],
      },
      handle: async ({ body }) => {
        const read = readBody(body, DisconnectInput);
        if ('problems' in read) return read;
        const { reason, ...named } = read.value;
        const of = selectionOf(named);
        const { answers, missing } = await options.control.ask({ ask: 'disconnect', of, reason });
        const ended = { sessions: concernedIn(answers), missing };
        return { status: 200, body: ended, did: { ...of, reason, ...ended } };
      },
    },
  ];
}

type Named = { readonly [Name in keyof typeof selectionFields]?: z.output<(typeof selectionFields)[Name]> };

export function selectionOf({ room, user, connection }: Named): Selection {
  return { room, user: user && { role: user.role, user_id: user.userId }, connection };
}

export function concernedIn(answers: readonly { readonly concerned: number }[]): number {
  return answers.reduce((sum, { concerned }) => sum + concerned, 0);
}

interface Page {
  readonly after: ConnectionKey | undefined;
  readonly limit: number;
  readonly of: Selection;
}

async function listed(page: Page, { control }: SessionsOptions): Promise<z.infer<typeof Listed>> {
  const { answers, missing } = await control.ask({ ask: 'sessions', ...page });
  const { rows, isWhole } = inOrder(answers);
  const sessions = rows.slice(0, page.limit);
  const last = sessions.at(-1);
  const isLast = isWhole && sessions.length === rows.length;
  return {
    sessions,
    ...(last !== undefined && !isLast && { cursor: `${last.instance}/${last.connection_id}` }),
    missing: [...missing],
  };
}

/** By instance and number, up to where an instance that has more may have the next. */
function inOrder(answers: readonly { readonly sessions: readonly SessionRow[]; readonly more: boolean }[]) {
  const byInstance = answers
    .filter(({ sessions }) => sessions.length > 0)
    .toSorted(({ sessions: [one] }, { sessions: [other] }) =>
      (one?.instance ?? '') < (other?.instance ?? '') ? -1 : 1,
    );
  const cut = byInstance.findIndex(({ more }) => more);
  const whole = cut === -1 ? byInstance : byInstance.slice(0, cut + 1);
  return { rows: whole.flatMap(({ sessions }) => sessions), isWhole: cut === -1 };
}
