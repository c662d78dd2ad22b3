import type { Selection } from '../../../shared/contract/control.ts';
import { roles, type Role } from '../../../shared/contract/rooms.ts';
import type { Principal } from './access.ts';
import { FrameBounds } from './frame-bounds.ts';
import { LeftOff } from './left-off.ts';
import { PauseDetector } from '../stream/pause-detector.ts';
import { LiveSession, type SessionContext } from './live-session.ts';
import { Admission } from './admission.ts';
import { LineBudget } from '../../../shared/core/line-budget.ts';
import { TimerWheel } from '../../../shared/core/timer-wheel.ts';
import { stampOf, unixMs, wallTime } from '../../../shared/core/wall-time.ts';
import { inSlices } from '../../../shared/service/in-slices.ts';
import { RefusalLog } from './refusal-log.ts';
import { isMeant } from './selection.ts';
import { ShutOut } from './shut-out.ts';
import { tokenDigest } from './token-digest.ts';
import type { Arrival } from './transport.ts';

/** Until another instance, or the next, takes connections. One for all: they are closed one after the other as it is. */
const RECONNECT_AFTER_MS = 1_000;
/** How late a session may be looked at, besides the second between two looks. */
const SLOT_MS = 250;
/** Between the clocks in two looks; more means that one of them was set. */
const SET_MS = 1_000;

/** All connections of this instance. */
export class Sessions {
  readonly #open = new TimerWheel<LiveSession>(SLOT_MS);
  readonly #context: SessionContext;
  #lastId = 0;
  #bytesSentToClosed = 0;
  readonly #pauses: PauseDetector;
  #isLooking = false;
  /** What tokens expire by lies so far ahead of what all else is timed by. */
  #wallAheadMs = 0;
  #isRechecking = false;
  #mustRecheck = false;
  #onEmpty: () => void = () => undefined;

  constructor(
    context: Omit<
      SessionContext,
      'refusals' | 'lines' | 'shutOutTokens' | 'users' | 'admission' | 'lookSoon' | 'closed'
    >,
  ) {
    const lines = new LineBudget();
    const leftOff = new LeftOff(context.config.rewindSeconds * 1000);
    this.#context = {
      ...context,
      lines,
      refusals: new RefusalLog(lines),
      shutOutTokens: new ShutOut(),
      admission: new Admission(context.config),
      users: { floods: new ShutOut(), frameBounds: new FrameBounds(), leftOff },
      lookSoon: (session) => this.#open.move(session, context.now()),
      closed: (session) => this.#remove(session),
    };
    this.#pauses = new PauseDetector(context.now());
  }

  get size(): number {
    return this.#open.size;
  }

  get outboxBytes(): number {
    let bytes = 0;
    for (const { transport } of this.#open) bytes += transport.outboxBytes;
    return bytes;
  }

  /** How long a client has owed an answer about an event of its own, at most. */
  waitingMs(nowMs: number): number {
    let longestMs = 0;
    for (const { receipts } of this.#open) longestMs = Math.max(longestMs, receipts?.waitingMs(nowMs) ?? 0);
    return longestMs;
  }

  get bytesSent(): number {
    let bytes = this.#bytesSentToClosed;
    for (const { transport } of this.#open) bytes += transport.bytesSent;
    return bytes;
  }

  /** How long the bearer of a token has to wait. */
  shutOutMs(token: string): number {
    const { shutOutTokens, now } = this.#context;
    // On a good day, no token is worth a digest.
    return shutOutTokens.isEmpty ? 0 : shutOutTokens.remainingMs(tokenDigest(token), now());
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

  add(arrival: Arrival): void {
    const { metrics } = this.#context;
    metrics.connections.inc({ transport: arrival.transport });
    this.#lastId += 1;
    const session = new LiveSession(this.#lastId, arrival, this.#context);
    this.#open.add(session, this.#context.now());
    this.#context.admission.arrived(session);
  }

  /** Ends what has run out of time; called about once a second. */
  tick(nowMs: number): void {
    if (this.#pauses.justEnded(nowMs) || this.#isLooking) return;
    if (this.#clockWasSet(nowMs)) for (const session of [...this.#open]) this.#open.move(session, nowMs);
    void this.#look(nowMs);
  }

  /** Many that came together run out of time together, and an end costs as much as some events. */
  async #look(nowMs: number): Promise<void> {
    this.#isLooking = true;
    const look = (session: LiveSession) => this.#open.move(session, session.tick(nowMs));
    await inSlices(this.#open.due(nowMs), look, this.#context.now);
    this.#isLooking = false;
  }

  #clockWasSet(nowMs: number): boolean {
    const aheadMs = unixMs(this.#context.wall()) - nowMs;
    if (Math.abs(aheadMs - this.#wallAheadMs) < SET_MS) return false;
    this.#wallAheadMs = aheadMs;
    return true;
  }

  /** Those that were let in and are meant, by their numbers. */
  async select(of: Selection): Promise<LiveSession[]> {
    const found: LiveSession[] = [];
    const look = (live: LiveSession) => {
      if (live.isAdmitted && isMeant(live, of, this.#context.instance)) found.push(live);
    };
    await inSlices(this.#open, look, this.#context.now);
    return found.sort((one, other) => one.session.id - other.session.id);
  }

  /** When the last session of a user on this instance ended, RFC 3339, as far as that is remembered. */
  leftAt(user: Pick<Principal, 'role' | 'userId'>): string | undefined {
    const { users, wall, now } = this.#context;
    const nowMs = now();
    const leftMs = users.leftOff.leftAtMs(user, nowMs);
    return leftMs === undefined ? undefined : stampOf(wallTime(unixMs(wall()) - nowMs + leftMs));
  }

  /** Tells them to come back, one after the other. */
  async disconnect(sessions: readonly LiveSession[]): Promise<void> {
    await inSlices(sessions, (session) => session.goAway(RECONNECT_AFTER_MS), this.#context.now);
  }

  /** Ends those whose token is not taken any more. */
  async recheck(): Promise<void> {
    this.#mustRecheck = true;
    if (this.#isRechecking) return;
    this.#isRechecking = true;
    while (this.#mustRecheck) {
      this.#mustRecheck = false;
      await inSlices(this.#open, (session) => session.recheck(), this.#context.now);
    }
    this.#isRechecking = false;
  }

  /** Closes every session, spread over a time, and resolves when the last is gone. */
  async drain(spreadMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    const sessions = [...this.#open];
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    sessions.forEach((session, index) => {
      setTimeout(() => session.goAway(RECONNECT_AFTER_MS), (spreadMs * index) / sessions.length);
    });
    await empty;
  }

  #remove(session: LiveSession): void {
    this.#open.delete(session);
    this.#context.admission.left(session);
    this.#bytesSentToClosed += session.transport.bytesSent;
    if (this.#open.size === 0) this.#onEmpty();
  }
}
