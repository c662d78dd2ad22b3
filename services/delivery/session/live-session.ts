import {
  closesFor,
  userKeyOf,
  type Principal,
  type Refused,
  type TokenVerdict,
  type Verify,
} from './access.ts';
import type { Admission } from './admission.ts';
import { v7 as uuidv7 } from 'uuid';
import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { SessionRow } from '../../../shared/contract/control.ts';
import { encodeEventFrame } from '../../../shared/contract/event.ts';
import { errorFrame, type ErrorFrame, type ServerFrame } from '../../../shared/contract/frames.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import type { Client } from '../../../shared/service/client-addresses.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { Feed } from '../stream/feed.ts';
import { NamedFrame } from '../stream/named-frame.ts';
import { SessionReceipts, type ReceiptsOfInstance } from '../receipts/session-receipts.ts';
import { roomsOf } from './membership.ts';
import { unreadSinceMs } from './left-off.ts';
import { Session } from './session.ts';
import type { NotAdmitted, SessionPorts, Users } from './session-ports.ts';
import type { EventStream, InstanceContext } from '../stream/event-stream.ts';
import type { TimelineEntry } from '../stream/timeline.ts';
import { rowOf } from './session-row.ts';
import { SessionLog, type SessionLogContext } from './session-log.ts';
import type { ShutOut } from './shut-out.ts';
import { tokenDigest } from './token-digest.ts';
import type { Arrival, ClientEvents, Transport } from './transport.ts';

export interface SessionContext extends InstanceContext, SessionLogContext {
  readonly stream: EventStream;
  readonly verify: Verify;
  readonly revocations: {
    /** By what is known. */
    refusalOf(principal: Principal): Refused | undefined;
    /** Resolves once all are known that the broker has. */
    whenCurrent(): Promise<void>;
  };
  /** By the digest of a token: coming before its time costs no handshake, and nothing to verify. */
  readonly shutOutTokens: ShutOut;
  readonly users: Users;
  readonly admission: Admission<LiveSession>;
  /** `undefined`: there are none. */
  readonly receipts: ReceiptsOfInstance | undefined;
  /** The session is to be looked at with the next, and not when it said. */
  readonly lookSoon: (session: LiveSession) => void;
  /** The connection is gone. */
  readonly closed: (session: LiveSession) => void;
}

/** A session on its transport: what its protocol asks for, and what its client does. */
export class LiveSession implements SessionPorts, ClientEvents {
  readonly transport: Transport;
  readonly session: Session;
  readonly feed: Feed;
  readonly observer: SessionLog;
  readonly receipts: SessionReceipts | undefined;
  readonly #client: Client;
  readonly #verify: Verify;
  readonly transportName: string;
  readonly openedAtMs: number;
  /** Until it is admitted. */
  shownToken: string | undefined;
  isAdmitted = false;
  #verifiedDigest: string | undefined;
  /** Of the token that its user is known by; only where there are receipts. */
  tokenDigest: string | undefined;

  constructor(
    id: number,
    arrival: Arrival,
    private readonly context: SessionContext,
  ) {
    const { config } = context;
    const { transport, client, credentials, verify } = arrival;
    this.#client = client;
    this.transportName = transport;
    this.#verify = verify ?? context.verify;
    this.openedAtMs = context.now();
    this.observer = new SessionLog({ id, transport, client }, this, context);
    this.transport = arrival.open(this);
    const { maxOutboxBytes, eventNames } = config;
    const tooSlow = () => this.#endAsTooSlow();
    this.feed = new Feed(this.transport, maxOutboxBytes, tooSlow, eventNames, context.stream.replayTurn);
    this.receipts = context.receipts && new SessionReceipts(id, this, context.receipts);
    this.session = new Session(id, this, config, credentials);
  }

  get heartbeatMs(): number {
    return this.transport.heartbeatMs;
  }

  get stream(): EventStream {
    return this.context.stream;
  }

  get users(): Users {
    return this.context.users;
  }

  get wall(): WallClock {
    return this.context.wall;
  }

  get now(): SteadyClock {
    return this.context.now;
  }

  /** When it is to be called next. */
  tick(nowMs: number): number {
    return Math.min(
      this.session.tick(nowMs),
      this.feed.tick(nowMs, this.context.config.replayIdleMs),
      this.receipts?.tick(nowMs) ?? Number.POSITIVE_INFINITY,
      this.transport.tick(nowMs),
    );
  }

  /** Ends the session from our side, with the error frame that says why where there is one. */
  end(name: CloseName, why?: ErrorFrame): void {
    if (why !== undefined && !this.session.closed) {
      this.observer.refused(why);
      this.writeGathered();
      this.transport.sendLast(why);
    }
    this.session.end();
    this.close(name);
  }

  get rooms(): readonly Room[] {
    return roomsOf(this.session, this.context.stream);
  }

  /** `undefined` for one that was not let in, or has ended. */
  row(): SessionRow | undefined {
    return rowOf(this, this.context);
  }

  /** Sends once more what is in rooms of its; not while it is still told what it missed. */
  sendAgain(events: readonly TimelineEntry[]): void {
    if (this.session.closed || !this.feed.isLive) return;
    const rooms = this.context.stream.roomsOf(this.session);
    this.writeGathered();
    const isOurs = (event: TimelineEntry) => event.rooms.some((room) => rooms.has(room));
    void this.feed.replay(events.filter(isOurs), 'again');
  }

  /** Its token may have been revoked since it came. */
  recheck(): void {
    const { principal } = this.session;
    const refusal = principal && this.context.revocations.refusalOf(principal);
    if (refusal === undefined) return;
    this.end(closesFor[refusal.refused], errorFrame(refusal.refused, refusal.message));
  }

  /** The instance stops, or an operator says so. Tells the client when to come back, unless it is none that was let in. */
  goAway(reconnectAfterMs: number): void {
    if (this.isAdmitted && !this.session.closed) {
      this.send({ type: 'going_away', reconnect_after_ms: reconnectAfterMs });
    }
    this.end('goingAway');
  }

  cutOff(): void {
    this.transport.cutOff();
  }

  send(frame: ServerFrame): void {
    this.writeGathered();
    if (!this.transport.send(frame)) this.#endAsTooSlow();
  }

  sendGap(cursor: Cursor): void {
    this.context.metrics.gaps.inc();
    const timestamp = stampOf(this.context.wall());
    const gap = {
      id: uuidv7(),
      name: 'calendar.sync',
      data: { reason: 'gap' },
      timestamp,
      rooms: [],
    } as const;
    this.writeGathered();
    const frame = new NamedFrame({ type: gap.name, body: encodeEventFrame(gap, cursor), cursor });
    if (!this.transport.write(frame.as(this.feed.naming))) this.#endAsTooSlow();
  }

  async verify(token: string): Promise<TokenVerdict> {
    const verdict = await this.#verify(token);
    if (!this.isAdmitted) this.shownToken = token;
    if (this.receipts !== undefined) this.#verifiedDigest = tokenDigest(token);
    return verdict;
  }

  async position(): Promise<Cursor> {
    await this.context.revocations.whenCurrent();
    this.recheck();
    return this.context.stream.position();
  }

  rewindSinceMs(principal: Principal): number {
    const devices = [...this.context.admission.ofUser(userKeyOf(principal))];
    const unread = devices.flatMap((one) => (one === this ? [] : (unreadSinceMs(one) ?? [])));
    return this.users.leftOff.rewindSinceMs(principal, this.now(), unread);
  }

  admit(principal: Principal): NotAdmitted | undefined {
    const { admission, now } = this.context;
    const { isNamed, network } = this.#client;
    const place = { userKey: userKeyOf(principal), network: isNamed ? network : undefined };
    const refused = admission.admit(this, place, now());
    this.isAdmitted = refused === undefined;
    if (this.isAdmitted) this.shownToken = undefined;
    this.tokenDigest = this.#verifiedDigest;
    return refused;
  }

  becomes(principal: Principal): void {
    this.context.admission.becomes(this, userKeyOf(principal));
    this.receipts?.becomes(principal);
    this.tokenDigest = this.#verifiedDigest;
    // The new token may end before the old one.
    this.tickSoon();
  }

  close(name: CloseName, waitSeconds?: number): void {
    const { admission, shutOutTokens, now } = this.context;
    admission.closing(this);
    if (waitSeconds !== undefined && this.shownToken !== undefined) {
      shutOutTokens.add(tokenDigest(this.shownToken), now() + waitSeconds * 1_000, now());
    }
    this.#leaveOff();
    this.transport.close(name, waitSeconds);
  }

  #endAsTooSlow(): void {
    this.end('tooSlow', errorFrame('TOO_SLOW', 'You read too slowly. Come back with your cursor.'));
  }

  frame(text: string | undefined): void {
    this.context.metrics.framesReceived.inc();
    this.session.receive(text);
  }

  heartbeat(): boolean {
    return this.session.receiveHeartbeat();
  }

  pending(): number {
    return this.session.pending;
  }

  gaveBack(payload: string): boolean {
    return this.receipts?.read(payload) ?? false;
  }

  listening(): boolean {
    return this.session.listening;
  }

  tickSoon(): void {
    this.context.lookSoon(this);
  }

  writeGathered(): void {
    this.context.stream.writeGathered(this.session);
  }

  tooLargeForClient(largestBytes: number): void {
    const { users, now } = this.context;
    const { principal } = this.session;
    if (principal === undefined) return;
    users.frameBounds.refused(principal, largestBytes, now());
    this.observer.refusedByClient(largestBytes);
  }

  closed(code: number): void {
    this.session.end();
    const seconds = Math.round(this.context.now() - this.openedAtMs) / 1000;
    this.observer.closed(code, this.session.principal, { seconds, events: this.feed.written });
    this.receipts?.end();
    this.#leaveOff();
    this.context.closed(this);
  }

  /** Its user may come back without a cursor, before the connection is gone too. */
  #leaveOff(): void {
    const { principal } = this.session;
    const sinceMs = unreadSinceMs(this);
    if (principal && sinceMs !== undefined) this.users.leftOff.add(principal, sinceMs, this.now());
  }
}
