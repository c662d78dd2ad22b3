import type { TokenVerdict } from './access.ts';
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
import { Feed } from '../stream/feed.ts';
import type { RoomPort } from './membership.ts';
import { NamedFrame } from '../stream/named-frame.ts';
import { Session } from './session.ts';
import type { SessionLimits, SessionPorts, Users } from './session-ports.ts';
import type { EventStream } from '../stream/event-stream.ts';
import { closeLabel, type DeliveryMetrics } from '../metrics.ts';
import { refusedAtAuth, type RefusalLog, type RefusedClient } from './refusal-log.ts';
import type { Arrival, ClientEvents, Transport } from './transport.ts';

export interface SessionContext {
  readonly config: DeliveryConfig;
  readonly stream: EventStream;
  readonly verify: (token: string) => TokenVerdict;
  readonly metrics: DeliveryMetrics;
  readonly logger: Logger;
  readonly refusals: RefusalLog;
  readonly users: Users;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  /** The connection is gone; `heardAtMs` is its last sign of life, where it gives any. */
  readonly closed: (session: LiveSession, heardAtMs: number | undefined) => void;
}

/** A session on its transport: what the protocol in `session.ts` asks for, said in logs and metrics. */
export class LiveSession implements SessionPorts {
  readonly transport: Transport;
  readonly feed: Feed;
  readonly rooms: RoomPort;
  readonly observer: SessionPorts['observer'];
  readonly session: Session;
  readonly stream: EventStream;
  readonly users: Users;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  readonly verify: (token: string) => TokenVerdict;
  readonly #logger: Logger;
  readonly #openedAtMs: number;
  readonly #refusedWith = new Set<FrameErrorCode>();
  readonly #remoteAddress: string;
  #refusedToken: string | undefined;
  #turnedAway = false;

  constructor(
    id: number,
    arrival: Arrival,
    private readonly context: SessionContext,
  ) {
    const { config, wall, now, stream, users } = context;
    const { transport, remoteAddress } = arrival;
    this.#logger = context.logger.child({ connection_id: id, transport, remote_address: remoteAddress });
    this.#remoteAddress = remoteAddress;
    this.#openedAtMs = now();
    this.stream = stream;
    this.users = users;
    this.wall = wall;
    this.now = now;
    const verify = arrival.verify ?? context.verify;
    this.verify = (token) => {
      const verdict = verify(token);
      if ('refused' in verdict && this.session.principal === undefined) this.#refusedToken = token;
      return verdict;
    };
    this.transport = arrival.open(this.#events());
    this.feed = new Feed(
      this.transport,
      config.maxOutboxBytes,
      () => this.#endAsTooSlow(),
      config.eventNames,
    );
    this.rooms = {
      enter: () => stream.join(this.session, EVERYONE),
      join: (room) => stream.join(this.session, room),
      leave: (room) => stream.leave(this.session, room),
      leaveAll: () => stream.leaveAll(this.session),
      rooms: () => [...stream.rooms.roomsOf(this.session)].filter((room): room is Room => room !== EVERYONE),
    };
    this.observer = this.#observe();
    this.session = new Session(id, this, limitsOf(config), arrival.credentials);
  }

  send(frame: ServerFrame): void {
    if (!this.transport.send(frame)) this.#endAsTooSlow();
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
    const frame = new NamedFrame({ type: gap.name, body: encodeEventFrame(gap, cursor), cursor });
    if (!this.transport.write(frame.as(this.feed.naming))) this.#endAsTooSlow();
  }

  tick(nowMs: number): void {
    this.session.tick(nowMs);
    this.transport.tick(nowMs);
  }

  /** Ends the session from our side, with the error frame that says why where there is one. */
  end(name: CloseName, why?: ErrorFrame): void {
    if (why !== undefined && !this.session.closed) {
      this.observer.refused(why);
      this.transport.sendLast(why);
    }
    this.session.end();
    this.transport.close(name);
  }

  #endAsTooSlow(): void {
    this.end('tooSlow', errorFrame('TOO_SLOW', 'You read too slowly. Come back with your cursor.'));
  }

  #events(): ClientEvents {
    const { framesReceived } = this.context.metrics;
    return {
      text: (text) => {
        framesReceived.inc();
        this.session.receive(text);
      },
      binary: () => {
        framesReceived.inc();
        this.session.receiveBinary();
      },
      heartbeat: () => this.session.receiveHeartbeat(),
      pending: () => this.session.pending,
      listening: () => this.session.listening,
      closed: (code, heardAtMs) => this.#closed(code, heardAtMs),
      tooLargeForClient: (bytes) => this.#refusedByClient(bytes),
    };
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
    this.users.frameBounds.refused(principal, largestBytes, this.now());
    this.#logger.warn(
      { largest_bytes: largestBytes },
      'the client takes no event of this size: it gets thin ones',
    );
  }

  #closed(code: number, heardAtMs: number | undefined): void {
    this.session.end();
    this.context.metrics.closes.inc({ code: closeLabel(code) });
    const seconds = Math.round(this.now() - this.#openedAtMs) / 1000;
    const level = this.#turnedAway ? 'debug' : 'info';
    this.#logger[level]({ code, seconds, events: this.feed.written }, 'connection closed');
    this.context.closed(this, heardAtMs);
  }
}

function limitsOf(config: DeliveryConfig): SessionLimits {
  return {
    framesPerMinute: config.maxFramesPerMinute,
    refusalsPerMinute: config.maxRefusalsPerMinute,
    authTimeoutMs: config.authTimeoutMs,
    joinTimeoutMs: config.joinTimeoutMs,
    maxRooms: config.maxRoomsPerSession,
  };
}
