import { userKeyOf, type Principal, type Verify } from './access.ts';
import type { Admission } from './admission.ts';
import { v7 as uuidv7 } from 'uuid';
import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import { encodeEventFrame } from '../../../shared/contract/event.ts';
import { errorFrame, type ErrorFrame, type FrameErrorCode } from '../../../shared/contract/frames.ts';
import { networkOf } from '../../../shared/core/address-network.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import type { LineBudget } from '../../../shared/core/line-budget.ts';
import { errorText } from '../../../shared/service/error-text.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { Feed } from '../stream/feed.ts';
import { NamedFrame } from '../stream/named-frame.ts';
import { Session } from './session.ts';
import type { NotAdmitted, SessionPorts, Users } from './session-ports.ts';
import type { EventStream, InstanceContext } from '../stream/event-stream.ts';
import { closeLabel } from '../metrics.ts';
import { refusedAtAuth, type RefusalLog, type RefusedClient } from './refusal-log.ts';
import type { ShutOut } from './shut-out.ts';
import { tokenDigest } from './token-digest.ts';
import type { Arrival, ClientEvents, Transport } from './transport.ts';

export interface SessionContext extends InstanceContext {
  readonly stream: EventStream;
  readonly verify: Verify;
  readonly refusals: RefusalLog;
  /** By the digest of a token: coming before its time costs no handshake, and nothing to verify. */
  readonly shutOutTokens: ShutOut;
  /** About those who are refused, or leave without a token. */
  readonly lines: LineBudget;
  readonly users: Users;
  readonly admission: Admission<LiveSession>;
  /** The connection is gone; `heardAtMs` is its last sign of life, where it gives any. */
  readonly closed: (session: LiveSession, heardAtMs: number | undefined) => void;
}

/** A session on its transport: what the protocol in `session.ts` asks for, said in logs and metrics. */
export class LiveSession {
  readonly transport: Transport;
  readonly session: Session;
  readonly #feed: Feed;
  readonly #observer: SessionPorts['observer'];
  readonly #logger: Logger;
  readonly #openedAtMs: number;
  readonly #refusedWith = new Set<FrameErrorCode>();
  readonly #remoteAddress: string;
  readonly #network: string | undefined;
  /** Until it is admitted. */
  #shownToken: string | undefined;
  #isAdmitted = false;
  #turnedAway = false;

  constructor(
    id: number,
    arrival: Arrival,
    private readonly context: SessionContext,
  ) {
    const { config } = context;
    const { transport, remoteAddress } = arrival;
    this.#logger = context.logger.child({ connection_id: id, transport, remote_address: remoteAddress });
    this.#remoteAddress = remoteAddress;
    this.#network = arrival.isNamed ? networkOf(remoteAddress) : undefined;
    this.#openedAtMs = context.now();
    this.transport = arrival.open(this.#events());
    this.#feed = new Feed(
      this.transport,
      config.maxOutboxBytes,
      () => this.#endAsTooSlow(),
      config.eventNames,
    );
    this.#observer = this.#observe();
    const verify = arrival.verify ?? context.verify;
    const ports: SessionPorts = {
      ...context,
      transport: {
        heartbeatMs: this.transport.heartbeatMs,
        close: (name, waitSeconds) => this.#close(name, waitSeconds),
      },
      admit: (principal) => this.#admit(principal),
      becomes: (principal) => context.admission.becomes(this, userKeyOf(principal)),
      feed: this.#feed,
      observer: this.#observer,
      verify: async (token) => {
        const verdict = await verify(token);
        if (!this.#isAdmitted) this.#shownToken = token;
        return verdict;
      },
      send: (frame) => {
        context.stream.writeGathered(this.session);
        if (!this.transport.send(frame)) this.#endAsTooSlow();
      },
      sendGap: (cursor) => this.#sendGap(cursor),
    };
    this.session = new Session(id, ports, config, arrival.credentials);
  }

  #sendGap(cursor: Cursor): void {
    this.context.metrics.gaps.inc();
    const timestamp = stampOf(this.context.wall());
    const gap = {
      id: uuidv7(),
      name: 'calendar.sync',
      data: { reason: 'gap' },
      timestamp,
      rooms: [],
    } as const;
    this.context.stream.writeGathered(this.session);
    const frame = new NamedFrame({ type: gap.name, body: encodeEventFrame(gap, cursor), cursor });
    if (!this.transport.write(frame.as(this.#feed.naming))) this.#endAsTooSlow();
  }

  tick(nowMs: number): void {
    this.session.tick(nowMs);
    this.#feed.tick(nowMs, this.context.config.replayIdleMs);
    this.transport.tick(nowMs);
  }

  /** Ends the session from our side, with the error frame that says why where there is one. */
  end(name: CloseName, why?: ErrorFrame): void {
    if (why !== undefined && !this.session.closed) {
      this.#observer.refused(why);
      this.context.stream.writeGathered(this.session);
      this.transport.sendLast(why);
    }
    this.session.end();
    this.#close(name);
  }

  /** The instance stops. Tells the client when to come back, unless it is none that was let in. */
  goAway(reconnectAfterMs: number): void {
    if (this.#isAdmitted && !this.session.closed) {
      this.context.stream.writeGathered(this.session);
      this.transport.send({ type: 'going_away', reconnect_after_ms: reconnectAfterMs });
    }
    this.end('goingAway');
  }

  cutOff(): void {
    this.transport.cutOff();
  }

  #admit(principal: Principal): NotAdmitted | undefined {
    const { admission, now } = this.context;
    const place = { userKey: userKeyOf(principal), network: this.#network };
    const refused = admission.admit(this, place, now());
    this.#isAdmitted = refused === undefined;
    if (this.#isAdmitted) this.#shownToken = undefined;
    return refused;
  }

  #close(name: CloseName, waitSeconds?: number): void {
    const { admission, shutOutTokens, now } = this.context;
    admission.closing(this);
    if (waitSeconds !== undefined && this.#shownToken !== undefined) {
      shutOutTokens.add(tokenDigest(this.#shownToken), now() + waitSeconds * 1_000, now());
    }
    this.transport.close(name, waitSeconds);
  }

  #endAsTooSlow(): void {
    this.end('tooSlow', errorFrame('TOO_SLOW', 'You read too slowly. Come back with your cursor.'));
  }

  #events(): ClientEvents {
    const { framesReceived } = this.context.metrics;
    return {
      frame: (text) => {
        framesReceived.inc();
        this.session.receive(text);
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
        if (atTheDoor !== undefined && !this.#isAdmitted) {
          this.#sayTurnedAway(atTheDoor, message);
          return;
        }
        // A client that repeats its mistake fills no log.
        if (this.#refusedWith.has(code)) return;
        this.#refusedWith.add(code);
        const leftOut = this.context.lines.take(this.#remoteAddress, this.context.now());
        if (leftOut !== undefined)
          this.#logger.warn({ code, reason: message, lines_left_out: leftOut }, 'refused');
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
    const who = { code, remoteAddress: this.#remoteAddress, token: this.#shownToken };
    const unsaid = this.context.refusals.count(who, this.context.now());
    if (unsaid === undefined) return;
    const counts = { refused_since_last_logged: unsaid.sinceLastLogged, lines_left_out: unsaid.leftOut };
    this.#logger.warn({ code, reason, ...counts }, 'refused');
  }

  /** Everybody who was somebody. */
  #isNamedOnClose(): boolean {
    if (this.#turnedAway) return false;
    if (this.session.principal !== undefined) return true;
    return this.context.lines.take(this.#remoteAddress, this.context.now()) !== undefined;
  }

  #refusedByClient(largestBytes: number): void {
    const { users, now } = this.context;
    const { principal } = this.session;
    if (principal === undefined) return;
    users.frameBounds.refused(principal, largestBytes, now());
    this.#logger.warn(
      { largest_bytes: largestBytes },
      'the client takes no event of this size: it gets thin ones',
    );
  }

  #closed(code: number, heardAtMs: number | undefined): void {
    this.session.end();
    this.context.metrics.closes.inc({ code: closeLabel(code) });
    const seconds = Math.round(this.context.now() - this.#openedAtMs) / 1000;
    const level = this.#isNamedOnClose() ? 'info' : 'debug';
    this.#logger[level]({ code, seconds, events: this.#feed.written }, 'connection closed');
    this.context.closed(this, heardAtMs);
  }
}
