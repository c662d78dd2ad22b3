import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import {
  errorFrame,
  parseClientFrame,
  type ClientFrame,
  type ErrorFrame,
  type FrameErrorCode,
  type ServerFrame,
} from '../../../shared/contract/frames.ts';
import { stampOf, unixMs } from '../../../shared/core/wall-time.ts';
import { closesFor, isSamePerson, userKeyOf, type Principal, type Credentials } from './access.ts';
import type { StreamMember } from '../stream/event-stream.ts';
import type { Feed } from '../stream/feed.ts';
import { catchUp } from './catch-up.ts';
import { chooseForm } from './choose-form.ts';
import { FrameLimit } from './frame-limit.ts';
import { Membership } from './membership.ts';
import { SerialQueue } from './serial-queue.ts';
import type { NotAdmitted, SessionLimits, SessionPorts } from './session-ports.ts';
import { HOW_TO_AUTH, refusalInTime } from './time-limits.ts';

/**
 * One connection's protocol. It is `waiting` for a token, then `entering` (it is checked, rooms are bound), then `live`
 * (its feed replays the past before it lets live events through); any of them may end in `closed`. Frames are answered in the order in which they
 * came; only pings overtake, because a client must not take a slow broker for a dead connection.
 */
export class Session implements StreamMember {
  lastPosition = -1;
  readonly #gate: FrameLimit;
  readonly #membership: Membership;
  readonly #steps: SerialQueue;
  #state: 'waiting' | 'entering' | 'live' | 'closed' = 'waiting';
  #stateSinceMs: number;
  /** With its upgrade or request, until it enters: a token is kept no longer than it is needed. */
  #brought: Partial<Credentials> | undefined;
  #principal: Principal | undefined;
  /** What it missed has been sent: until then it leaves no room of which more is coming. */
  #caughtUp: Promise<void> | undefined;
  #flooded = false;

  constructor(
    readonly id: number,
    private readonly ports: SessionPorts,
    private readonly limits: SessionLimits,
    brought: Partial<Credentials> = {},
  ) {
    this.#gate = new FrameLimit(limits.maxFramesPerMinute, limits.maxRefusalsPerMinute);
    this.#membership = new Membership(ports.stream, this, limits.maxRoomsPerSession);
    this.#steps = new SerialQueue(ports.observer);
    this.#stateSinceMs = ports.now();
    this.#brought = brought;
    const { token } = brought;
    if (token !== undefined) this.#steps.add(() => this.#authenticate({ ...brought, token }));
  }

  get feed(): Feed {
    return this.ports.feed;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  get userKey(): string {
    return this.#principal === undefined ? '' : userKeyOf(this.#principal);
  }

  /** Frames that wait for an answer; above a bound the reader of the socket pauses. */
  get pending(): number {
    return this.#steps.size;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Whether frames are still looked at: not after the end, nor after a flood. */
  get listening(): boolean {
    return !this.closed && !this.#flooded;
  }

  tellGap(cursor: Cursor): void {
    if (!this.closed) this.ports.sendGap(cursor);
  }

  /** One frame of the client; `undefined` for one that is no text. */
  receive(text: string | undefined): void {
    if (!this.listening) return;
    if (text !== undefined) this.#take(parseClientFrame(text));
    else this.#take(errorFrame('INVALID_MESSAGE', 'Binary frames are not understood. Send JSON text.'));
  }

  /** A ping of WebSocket's own, or a pong that nobody asked for; `false`: it is not answered. */
  receiveHeartbeat(): boolean {
    if (!this.listening) return false;
    const nowMs = this.ports.now();
    if (this.#gate.pass('heartbeat', nowMs)) return true;
    this.#limit(nowMs);
    return false;
  }

  /** Ends what has run out of time; when it is to be called next, at the earliest a second later. */
  tick(nowMs: number): number {
    if (this.#state === 'closed') return Number.POSITIVE_INFINITY;
    const tokenLeftMs = (this.#principal?.expiresAtMs ?? Infinity) - unixMs(this.ports.wall());
    const stage = { state: this.#state, inStateMs: nowMs - this.#stateSinceMs, tokenLeftMs };
    const refusal = refusalInTime(stage, this.limits);
    if (refusal !== undefined) this.#refuse(...refusal);
    return stage.state === 'live' ? nowMs + tokenLeftMs : nowMs;
  }

  /** The connection is gone, or about to be: nothing more is sent, all rooms are left. */
  end(): void {
    if (this.closed) return;
    this.ports.stream.writeGathered(this);
    this.#become('closed');
    this.feed.stop();
    this.ports.stream.leaveAll(this);
  }

  #take(frame: ClientFrame | ErrorFrame): void {
    const nowMs = this.ports.now();
    if (!this.#gate.pass(frame, nowMs)) {
      this.#limit(nowMs);
    } else if ('action' in frame && frame.action === 'ping' && this.#principal !== undefined) {
      this.#pong();
    } else {
      this.#steps.add(() => this.#answer(frame));
    }
  }

  /** Refuses one frame in its turn; the last that is worth an answer ends the session. */
  #limit(nowMs: number): void {
    const { framesPerMinute, flooded } = this.#gate;
    const tooMany = `More than ${framesPerMinute} frames a minute.`;
    const slowDown = errorFrame('RATE_LIMITED', `${tooMany} Please slow down.`);
    if (!flooded) return this.#steps.add(() => this.#send(slowDown));
    this.#flooded = true;
    const untilMs = nowMs + this.#gate.remainingMs(nowMs);
    this.#steps.add(() => {
      if (this.#principal !== undefined)
        this.ports.users.floods.add(userKeyOf(this.#principal), untilMs, nowMs);
      this.#turnAway({ code: 'RATE_LIMITED', message: tooMany, waitMs: untilMs - nowMs });
    });
  }

  #floodedBy(principal: Principal): NotAdmitted | undefined {
    const waitMs = this.ports.users.floods.remainingMs(userKeyOf(principal), this.ports.now());
    if (waitMs === 0) return undefined;
    return { code: 'RATE_LIMITED', message: 'Another session of yours sent too many frames.', waitMs };
  }

  #turnAway({ code, message, waitMs }: NotAdmitted): void {
    if (waitMs === undefined) {
      this.#refuse(code, message, 'overloaded');
      return;
    }
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    this.#refuse(code, `${message} Come back in ${seconds} seconds.`, 'tooManyFrames', seconds);
  }

  async #answer(frame: ClientFrame | ErrorFrame): Promise<void> {
    if (this.closed) return;
    const principal = this.#principal;
    if (principal === undefined) return this.#answerStranger(frame);
    if (!('action' in frame)) {
      this.#send(frame);
      return;
    }
    switch (frame.action) {
      case 'auth': {
        await this.#caughtUp;
        return this.#refresh(principal, frame);
      }
      case 'subscribe':
        this.#send(await this.#membership.subscribe(principal, frame.room));
        break;
      case 'unsubscribe':
        await this.#caughtUp;
        this.#send(this.#membership.unsubscribe(principal, frame.room));
        break;
      case 'list_rooms':
        this.#send({ type: 'rooms_list', rooms: this.#membership.rooms });
        break;
      case 'ack':
        this.ports.receipts?.seen(frame.cursor);
        break;
      case 'ping':
        // Came right behind the first `auth`, when nobody could tell yet that it may overtake.
        this.#pong();
    }
  }

  /** Says what was wrong with the frame that came, then what should have come. */
  async #answerStranger(frame: ClientFrame | ErrorFrame): Promise<void> {
    if (!('action' in frame)) {
      const code = frame.code === 'AUTH_FAILED' ? frame.code : 'AUTH_REQUIRED';
      this.#refuse(code, `${frame.message} ${HOW_TO_AUTH}`, 'unauthenticated');
    } else if (frame.action === 'auth') {
      await this.#authenticate({ ...this.#brought, ...frame });
    } else {
      this.#refuse(
        'AUTH_REQUIRED',
        `"${frame.action}" came before a token. ${HOW_TO_AUTH}`,
        'unauthenticated',
      );
    }
  }

  async #authenticate(entrance: Credentials): Promise<void> {
    const { token, cursor, rooms } = entrance;
    this.#brought = undefined;
    this.#become('entering');
    const verdict = await this.ports.verify(token);
    if (this.#hasEnded()) return;
    if ('refused' in verdict) {
      this.#refuse(verdict.refused, verdict.message, closesFor[verdict.refused]);
      return;
    }
    const { principal } = verdict;
    this.#principal = principal;
    const notAdmitted = this.#floodedBy(principal) ?? this.ports.admit(principal);
    if (notAdmitted !== undefined) {
      this.#turnAway(notAdmitted);
      return;
    }
    const boundBytes = this.ports.users.frameBounds.of(principal, this.ports.now());
    const errors = chooseForm(this.feed, entrance, boundBytes);
    const announcements = await this.#membership.enter(principal, rooms);
    const position = await this.ports.position();
    if (this.#hasEnded()) return;
    this.ports.observer.opened(principal, this.#membership.rooms);
    for (const frame of [...errors, ...announcements]) this.#send(frame);
    this.#send({
      type: 'connected',
      message: 'Welcome to roomcast',
      connection_id: this.id,
      // A client that is cut off before its replay must come back from where it was, not from here.
      cursor: typeof cursor === 'string' ? cursor : position,
      expires_at: new Date(principal.expiresAtMs).toISOString(),
      ping_interval_seconds: this.ports.heartbeatMs / 1000,
      ...(this.ports.receipts?.takesAcks(principal) === true && { acks: true }),
    });
    this.#become('live');
    const missed = { principal, cursor: cursor ?? undefined, position };
    this.#caughtUp = catchUp(this, this.ports, missed)
      .catch((error: unknown) => this.ports.observer.failed(error))
      .finally(() => (this.#caughtUp = undefined));
  }

  async #refresh(principal: Principal, entrance: Credentials): Promise<void> {
    const verdict = await this.ports.verify(entrance.token);
    if (this.#hasEnded()) return;
    if ('refused' in verdict) {
      this.#send(errorFrame(verdict.refused, verdict.message));
      return;
    }
    const next = verdict.principal;
    if (!isSamePerson(principal, next)) {
      this.#send(errorFrame('AUTH_FAILED', 'The token is of another user. Open a connection for them.'));
      return;
    }
    this.#principal = next;
    this.ports.becomes(next);
    const boundBytes = this.ports.users.frameBounds.of(next, this.ports.now());
    // What came before is written as it was to be.
    this.ports.stream.writeGathered(this);
    for (const frame of chooseForm(this.feed, entrance, boundBytes)) this.#send(frame);
    for (const frame of await this.#membership.refresh(next, entrance.rooms)) this.#send(frame);
    this.#send({ type: 'refreshed', expires_at: new Date(next.expiresAtMs).toISOString() });
  }

  #pong(): void {
    this.#send({ type: 'pong', timestamp: stampOf(this.ports.wall()) });
  }

  #refuse(code: FrameErrorCode, message: string, close: CloseName, waitSeconds?: number): void {
    if (this.closed) return;
    this.#send(errorFrame(code, message));
    this.end();
    this.ports.close(close, waitSeconds);
  }

  #send(frame: ServerFrame): void {
    if (this.closed) return;
    if (frame.type === 'error') this.ports.observer.refused(frame);
    this.ports.send(frame);
  }

  #become(state: 'entering' | 'live' | 'closed'): void {
    this.#state = state;
    this.#stateSinceMs = this.ports.now();
  }

  /** After an `await` the connection may be gone. */
  #hasEnded(): boolean {
    return this.#state === 'closed';
  }
}
