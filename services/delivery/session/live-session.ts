import { v7 as uuidv7 } from 'uuid';
import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import { encodeEventFrame } from '../../../shared/contract/event.ts';
import {
  errorFrame,
  type ErrorFrame,
  type FrameErrorCode,
  type ServerFrame,
} from '../../../shared/contract/frames.ts';
import { EVERYONE, type Room } from '../../../shared/contract/routing.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { errorText } from '../../../shared/service/error-text.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { DeliveryConfig } from '../config.ts';
import type { Principal } from './access.ts';
import type { Replay, StartingPoint } from '../stream/resume.ts';
import type { Floods } from './floods.ts';
import { Feed } from '../stream/feed.ts';
import type { RoomPort } from './membership.ts';
import type { FrameBounds } from './frame-bounds.ts';
import { NamedFrame } from '../stream/named-frame.ts';
import { Session } from './session.ts';
import type { SessionPorts, TokenVerdict } from './session-ports.ts';
import type { EventStream } from '../stream/event-stream.ts';
import { closeLabel, type DeliveryMetrics } from '../metrics.ts';
import { refusedAtAuth, type RefusalLog, type RefusedClient } from './refusal-log.ts';
import { Connection } from '../transport/websocket/connection.ts';
import type { Upgraded } from '../transport/websocket/server.ts';

export interface SessionContext {
  readonly config: DeliveryConfig;
  readonly stream: EventStream;
  readonly verify: (token: string) => TokenVerdict;
  readonly metrics: DeliveryMetrics;
  readonly logger: Logger;
  readonly refusals: RefusalLog;
  readonly floods: Floods;
  readonly frameBounds: FrameBounds;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  /** From when on a user without a cursor is given what they missed. */
  readonly rewindSinceMs: (principal: Principal) => number;
  /** The connection is gone; `heardAtMs` is its last sign of life. */
  readonly closed: (session: LiveSession, heardAtMs: number) => void;
}

/** A session on its socket: what the protocol in `session.ts` asks for, done by the adapters. */
export class LiveSession implements SessionPorts {
  readonly connection: Connection;
  readonly feed: Feed;
  readonly rooms: RoomPort;
  readonly observer: SessionPorts['observer'];
  readonly session: Session;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  readonly floods: Floods;
  readonly verify: (token: string) => TokenVerdict;
  readonly #logger: Logger;
  readonly #openedAtMs: number;
  readonly #refusedWith = new Set<FrameErrorCode>();
  readonly #remoteAddress: string;
  #refusedToken: string | undefined;
  #turnedAway = false;

  constructor(
    id: number,
    { ws, socket, entrance, remoteAddress }: Upgraded,
    private readonly context: SessionContext,
  ) {
    const { config, wall, now, stream } = context;
    this.#logger = context.logger.child({ connection_id: id, remote_address: remoteAddress });
    this.#remoteAddress = remoteAddress;
    this.#openedAtMs = now();
    this.wall = wall;
    this.now = now;
    this.floods = context.floods;
    this.verify = (token) => {
      const verdict = context.verify(token);
      if ('refused' in verdict && this.session.principal === undefined) this.#refusedToken = token;
      return verdict;
    };
    this.connection = new Connection(
      ws,
      socket,
      {
        maxOutboxBytes: config.maxOutboxBytes,
        pingIntervalMs: config.pingIntervalMs,
        pongTimeoutMs: config.pongTimeoutMs,
      },
      {
        text: (text) => {
          context.metrics.framesReceived.inc();
          this.session.receive(text);
        },
        binary: () => {
          context.metrics.framesReceived.inc();
          this.session.receiveBinary();
        },
        heartbeat: () => this.session.receiveHeartbeat(),
        pending: () => this.session.pending,
        listening: () => this.session.listening,
        closed: (code, heardAtMs) => this.#closed(code, heardAtMs),
        tooLargeForClient: (bytes) => this.#refusedByClient(bytes),
      },
      now,
    );
    this.feed = new Feed(
      this.connection,
      config.maxOutboxBytes,
      () => this.#endAsTooSlow(),
      config.eventNames,
    );
    this.rooms = {
      enter: () => stream.join(this.session, EVERYONE),
      join: (room) => stream.join(this.session, room),
      leave: (room) => stream.leave(this.session, room),
      leaveAll: () => stream.leaveAll(this.session),
      rooms: () => [...stream.roomsOf(this.session)].filter((room): room is Room => room !== EVERYONE),
    };
    this.observer = this.#observe();
    this.session = new Session(
      id,
      this,
      {
        framesPerMinute: config.maxFramesPerMinute,
        refusalsPerMinute: config.maxRefusalsPerMinute,
        authTimeoutMs: config.authTimeoutMs,
        joinTimeoutMs: config.joinTimeoutMs,
        maxRooms: config.maxRoomsPerSession,
        pingIntervalMs: config.pingIntervalMs,
      },
      entrance,
    );
  }

  send(frame: ServerFrame): void {
    if (!this.connection.send(frame)) this.#endAsTooSlow();
  }

  sendGap(cursor: Cursor): void {
    this.context.metrics.gaps.inc();
    const timestamp = stampOf(this.wall());
    const gap = {
      id: uuidv7(),
      name: 'calendar.sync',
      data: { reason: 'gap' },
      timestamp,
      rooms: [],
    } as const;
    const frame = new NamedFrame({ type: gap.name, body: encodeEventFrame(gap, cursor) });
    const written = this.connection.write(frame.as(this.feed.naming));
    if (!written) this.#endAsTooSlow();
  }

  close(name: CloseName, reason?: string): void {
    this.connection.close(name, reason);
  }

  position(): Promise<Cursor> {
    return this.context.stream.position();
  }

  async plan(start: StartingPoint, position: Cursor): Promise<Replay> {
    return this.context.stream.plan(this.session, start, position);
  }

  rewindSinceMs(principal: Principal): number {
    return this.context.rewindSinceMs(principal);
  }

  frameBoundBytes(principal: Principal): number {
    return this.context.frameBounds.of(principal, this.now());
  }

  tick(nowMs: number): void {
    this.session.tick(nowMs);
    this.connection.tick(nowMs);
    this.connection.resumeReading();
  }

  /** Ends the session from our side, with the error frame that says why where there is one. */
  end(name: CloseName, why?: ErrorFrame): void {
    if (why !== undefined && !this.session.closed) {
      this.observer.refused(why);
      this.connection.sendLast(why);
    }
    this.session.end();
    this.connection.close(name);
  }

  #endAsTooSlow(): void {
    this.end('tooSlow', errorFrame('TOO_SLOW', 'You read too slowly. Come back with your cursor.'));
  }

  #observe(): SessionPorts['observer'] {
    const { metrics } = this.context;
    return {
      opened: ({ userId, role }, rooms) => {
        this.#logger.info({ user_id: userId, role, rooms }, 'session opened');
      },
      refused: ({ code, message }) => {
        metrics.refusals.inc({ code });
        const atTheDoor = refusedAtAuth.find((one) => one === code);
        if (atTheDoor !== undefined && this.session.principal === undefined) {
          this.#sayTurnedAway(atTheDoor, message);
          return;
        }
        // A client that repeats its mistake fills no log.
        if (this.#refusedWith.has(code)) return;
        this.#refusedWith.add(code);
        this.#logger.warn({ code, reason: message }, 'refused');
      },
      resumed: (outcome, replayed) => {
        const label = outcome.recovered ? 'recovered' : outcome.reason;
        metrics.resumes.inc({ outcome: label });
        this.#logger.info({ outcome: label, replayed }, 'resumed');
      },
      failed: (error) =>
        this.#logger.error({ err: error, reason: errorText(error) }, 'a session step failed'),
    };
  }

  /** One line for a client that comes again and again, and none for its closes. */
  #sayTurnedAway(code: RefusedClient['code'], reason: string): void {
    this.#turnedAway = true;
    const who = { code, remoteAddress: this.#remoteAddress, token: this.#refusedToken };
    const suppressed = this.context.refusals.count(who, this.now());
    if (suppressed !== undefined)
      this.#logger.warn({ code, reason, refused_since_last_logged: suppressed }, 'refused');
  }

  #refusedByClient(largestBytes: number): void {
    const { principal } = this.session;
    if (principal === undefined) return;
    this.context.frameBounds.refused(principal, largestBytes, this.now());
    this.#logger.warn(
      { largest_bytes: largestBytes },
      'the client takes no event of this size: it gets thin ones',
    );
  }

  #closed(code: number, heardAtMs: number): void {
    this.session.end();
    this.context.metrics.closes.inc({ code: closeLabel(code) });
    const seconds = Math.round(this.now() - this.#openedAtMs) / 1000;
    const level = this.#turnedAway ? 'debug' : 'info';
    this.#logger[level]({ code, seconds, events: this.feed.written }, 'connection closed');
    this.context.closed(this, heardAtMs);
  }
}
