import { errorFrame } from '../../../shared/contract/frames.ts';
import { roles, type Role } from '../../../shared/contract/rooms.ts';
import type { Principal } from './access.ts';
import { FrameBounds } from './frame-bounds.ts';
import { Floods } from './floods.ts';
import { LastHeard } from './last-heard.ts';
import { PauseDetector } from '../stream/pause-detector.ts';
import { LiveSession, type SessionContext } from './live-session.ts';
import { RefusalLog } from './refusal-log.ts';
import type { Upgraded } from '../transport/websocket/server.ts';

/** All connections of this instance. */
export class Sessions {
  readonly #open = new Set<LiveSession>();
  readonly #leftOff = new LastHeard();
  readonly #refusals = new RefusalLog();
  readonly #floods = new Floods();
  readonly #frameBounds = new FrameBounds();
  #lastId = 0;
  #bytesSentToClosed = 0;
  readonly #pauses: PauseDetector;
  #onEmpty: () => void = () => undefined;

  constructor(
    private readonly context: Omit<
      SessionContext,
      'refusals' | 'floods' | 'frameBounds' | 'rewindSinceMs' | 'closed'
    >,
  ) {
    this.#pauses = new PauseDetector(context.now());
  }

  get size(): number {
    return this.#open.size;
  }

  get outboxBytes(): number {
    let bytes = 0;
    for (const { connection } of this.#open) bytes += connection.outboxBytes;
    return bytes;
  }

  get bytesSent(): number {
    let bytes = this.#bytesSentToClosed;
    for (const { connection } of this.#open) bytes += connection.bytesSent;
    return bytes;
  }

  /** Those with a good token; the others are gone within `AUTH_TIMEOUT_MS`. */
  countByRole(): ReadonlyMap<Role, number> {
    const counts = new Map(roles.map((role) => [role, 0]));
    for (const { session } of this.#open) {
      const role = session.principal?.role;
      if (role !== undefined) counts.set(role, (counts.get(role) ?? 0) + 1);
    }
    return counts;
  }

  add(upgraded: Upgraded): void {
    const { metrics, config } = this.context;
    metrics.connections.inc();
    this.#lastId += 1;
    const session = new LiveSession(this.#lastId, upgraded, {
      ...this.context,
      refusals: this.#refusals,
      floods: this.#floods,
      frameBounds: this.#frameBounds,
      rewindSinceMs: (principal) => this.#rewindSinceMs(principal),
      closed: (closed, heardAtMs) => this.#remove(closed, heardAtMs),
    });
    this.#open.add(session);
    if (this.#open.size > config.maxSessions) {
      session.end('overloaded', errorFrame('OVERLOADED', 'This instance is full. Try again later.'));
    }
  }

  /** Ends what has run out of time; called about once a second. */
  tick(nowMs: number): void {
    if (this.#pauses.justEnded(nowMs)) return;
    for (const session of this.#open) session.tick(nowMs);
  }

  /** Closes every session, spread over a time, and resolves when the last is gone. */
  async drain(spreadMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    const sessions = [...this.#open];
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    sessions.forEach((session, index) => {
      setTimeout(() => session.end('goingAway'), (spreadMs * index) / sessions.length);
    });
    await empty;
  }

  #remove(session: LiveSession, heardAtMs: number): void {
    this.#open.delete(session);
    this.#bytesSentToClosed += session.connection.bytesSent;
    const { principal } = session.session;
    if (principal !== undefined) this.#leftOff.add(principal, heardAtMs, this.context.now());
    if (this.#open.size === 0) this.#onEmpty();
  }

  /** Never less than what everybody gets: a sign of life does not prove that all before it was read. */
  #rewindSinceMs(principal: Principal): number {
    const nowMs = this.context.now();
    const leftOffMs = this.#leftOff.sinceMs(principal, nowMs) ?? nowMs;
    return Math.min(leftOffMs, nowMs - this.context.config.rewindSeconds * 1000);
  }
}
