import type { SessionCount } from '../../../shared/contract/control.ts';
import type { Session } from '../session/session.ts';

interface Counted {
  readonly session: Pick<Session, 'principal' | 'closed'>;
  readonly transportName: string;
}

/** How many there are of each role on each transport, of those that have not ended. */
export function tallyOf(sessions: readonly Counted[]): SessionCount[] {
  const counts = new Map<string, SessionCount>();
  for (const { session, transportName: transport } of sessions) {
    const role = session.principal?.role;
    if (role === undefined || session.closed) continue;
    const kind = `${role} ${transport}`;
    counts.set(kind, { role, transport, sessions: (counts.get(kind)?.sessions ?? 0) + 1 });
  }
  return [...counts.values()];
}
