import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { StreamMember } from '../stream/event-stream.ts';
import type { Replay } from '../stream/replay.ts';
import type { Principal } from './access.ts';
import type { SessionPorts } from './session-ports.ts';

/** A session that has been told that it is connected. */
interface Connected {
  readonly principal: Principal;
  /** As the client gave it; `undefined` where it has none. */
  readonly cursor: unknown;
  /** The newest place of this instance at that moment. */
  readonly position: Cursor;
}

/**
 * Sends a session what it missed, says how that went where it came with a cursor, tells it to load anew where not all of it
 * was sent, and lets live events through. Resolves when they flow, or when the session has ended.
 */
export async function catchUp(
  session: StreamMember,
  ports: SessionPorts,
  { principal, cursor, position }: Connected,
): Promise<void> {
  const { stream, feed, receipts } = ports;
  const hasEnded = () => session.closed;
  const start = cursor === undefined ? { sinceMs: ports.rewindSinceMs(principal) } : { cursor };
  receipts?.begin(principal, start, position);
  let outcome = await stream.plan(session, start, position);
  let replayed = 0;
  let isToLoadAnew = false;
  const sent = new Set<Cursor>();
  for (;;) {
    if (hasEnded()) return;
    const { entries, more, syncsLeftOut } = outcome.recovered ? outcome : NOTHING;
    isToLoadAnew ||= syncsLeftOut === true;
    replayed += await feed.replay(entries);
    for (const entry of entries) sent.add(entry.cursor);
    if (hasEnded()) return;
    if (more === undefined) break;
    outcome = await more();
  }
  if (cursor !== undefined) announce(ports, outcome, replayed);
  if (!outcome.recovered || isToLoadAnew) ports.sendGap(outcome.cursor);
  await feed.goLive(sent, () => stream.writeGathered(session));
  receipts?.goLive();
}

const NOTHING = { entries: [], more: undefined, syncsLeftOut: false };

function announce(ports: SessionPorts, outcome: Replay, replayed: number): void {
  const { cursor } = outcome;
  ports.observer.resumed(outcome, replayed);
  if (outcome.recovered) ports.send({ type: 'resumed', recovered: true, replayed, cursor });
  else {
    ports.receipts?.told(cursor);
    ports.send({ type: 'resumed', recovered: false, replayed, cursor, reason: outcome.reason });
  }
}
