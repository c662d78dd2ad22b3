import type { ControlAnswers, ControlRequest, SessionRow } from '../../../shared/contract/control.ts';
import type { Principal } from '../session/access.ts';

/** Sessions of one answer: an id has seldom more than a few. */
const MAX_SESSIONS = 1_000;

type User = Pick<Principal, 'role' | 'userId'>;
type Asked = Extract<ControlRequest, { ask: 'people' }>['of'];

interface AllSessions {
  select(of: object): Promise<readonly Listed[]>;
  leftAt(user: User): string | undefined;
}

interface Listed {
  readonly session: { readonly principal?: User | undefined };
  row(): SessionRow | undefined;
}

/** Where people are: their sessions in whichever role, for a person may have come in another than an event was sent to. */
export async function peopleHere(of: Asked, sessions: AllSessions): Promise<ControlAnswers['people']> {
  const ids = new Set(of.map(({ user_id }) => user_id));
  const all = await sessions.select({});
  const rows = all
    .filter(({ session }) => ids.has(session.principal?.userId ?? 0))
    .slice(0, MAX_SESSIONS)
    .flatMap((live) => live.row() ?? []);
  const left = of.flatMap((user) => {
    const at = sessions.leftAt({ role: user.role, userId: user.user_id });
    return at === undefined ? [] : [{ ...user, at }];
  });
  return {
    sessions: rows.map(({ connection_id, instance, role, user_id, since }) => {
      return { connection_id, instance, role, user_id, since };
    }),
    left,
  };
}
