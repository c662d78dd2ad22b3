import type { SessionRow } from '../../../shared/contract/control.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import { stampOf, unixMs, wallTime } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Progress } from '../receipts/session-receipts.ts';
import type { Session } from './session.ts';
import type { Transport } from './transport.ts';

interface Shown {
  readonly session: Pick<Session, 'id' | 'principal' | 'closed'>;
  readonly isAdmitted: boolean;
  readonly transportName: string;
  readonly transport: Pick<Transport, 'heardAtMs'>;
  readonly openedAtMs: number;
  readonly rooms: readonly Room[];
  readonly receipts: { readonly progress: Progress | undefined } | undefined;
}

/** A session as operators see it; `undefined` for one that was not let in, or has ended. */
export function rowOf(
  live: Shown,
  { instance, wall, now }: { instance: string; wall: WallClock; now: SteadyClock },
): SessionRow | undefined {
  const { principal, id, closed } = live.session;
  if (principal === undefined || !live.isAdmitted || closed) return undefined;
  const aheadMs = unixMs(wall()) - now();
  const { heardAtMs } = live.transport;
  const progress = live.receipts?.progress;
  return {
    connection_id: id,
    instance,
    transport: live.transportName,
    role: principal.role,
    user_id: principal.userId,
    rooms: [...live.rooms],
    since: stampOf(wallTime(aheadMs + live.openedAtMs)),
    ...(heardAtMs !== undefined && { last_heard_at: stampOf(wallTime(aheadMs + heardAtMs)) }),
    ...(progress?.confirmed !== undefined && { confirmed_up_to: progress.confirmed }),
    ...(progress !== undefined && { behind: progress.behind }),
  };
}
