import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { closeCodes, closeReason, type CloseName } from '../../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../../shared/contract/cursor.ts';
import {
  encodeFrame,
  errorFrame,
  type ErrorFrame,
  type ServerFrame,
} from '../../../../shared/contract/frames.ts';
import type { SteadyClock } from '../../../../shared/service/clock.ts';
import type { DeliveryConfig } from '../../config.ts';
import type { ClientEvents, Transport } from '../../session/transport.ts';
import type { JoinedForms } from '../../stream/entry-run.ts';
import { Framing, type EventForm } from '../../stream/event-form.ts';
import { Outbox, writeLast } from '../outbox.ts';
import type { ClientSocket, SocketOwner } from './client-socket.ts';
import { FirstMessage } from './first-message.ts';
import { encodePing, encodeTextFrame } from './server-frames.ts';

export type ConnectionLimits = Pick<DeliveryConfig, 'maxOutboxBytes' | 'pingIntervalMs' | 'pongTimeoutMs'>;

const framing = new Framing(({ json }) => {
  const wire = encodeTextFrame(json);
  return { wire, json: wire.subarray(wire.byteLength - json.byteLength) };
});
/** An event to thousands is followed by the same question to each. */
const lastPing = { cursor: '', frame: Buffer.alloc(0) };
/** Reading pauses above this many unanswered frames, so that a flood waits in the client's own buffers. */
const MAX_PENDING_FRAMES = 64;
/** Between a question and a ping for a sign of life, about: a client is pinged once a second at most. */
const PING_PAUSE_MS = 950;
/** Of a client that is not listened to any more; beyond, its socket is not read, and its close frame not waited for. */
const MAX_IGNORED_FRAMES = 64;
const MAX_IGNORED_BYTES = 64 * 1024;

/**
 * One WebSocket: frames in and out, signs of life, the outbox.
 *
 * ws reads, answers pings and does the closing handshake; event frames are written to its socket directly, since
 * they are encoded once for all clients. No compression is negotiated, so both kinds of writes keep their order.
 */
export class Connection extends Outbox implements Transport, SocketOwner {
  readonly #ws: ClientSocket;
  /** Until it has come. */
  #first: FirstMessage | undefined;
  #heardAtMs: number;
  /** When the ping went out that nothing has been heard after. */
  #pingedAtMs: number | undefined;
  #mayPingAtMs = Number.NEGATIVE_INFINITY;
  #mayAskAtMs = Number.NEGATIVE_INFINITY;
  #ignoredFrames = 0;
  #ignoredBytes = 0;
  /** Of the events that may be unread: the largest frame, and of those behind the last ping. */
  #largestUnread = 0;
  #largestSincePing = 0;
  #pongDue = false;
  /** Of the close frame that we sent first; whether the client reads it or not, that is why it ended. */
  #closedWith: number | undefined;

  constructor(
    ws: ClientSocket,
    socket: Socket,
    private readonly limits: ConnectionLimits,
    private readonly events: ClientEvents,
    private readonly now: SteadyClock,
    /** Whether its upgrade brought no token, so that its first message must. */
    isStranger: boolean,
  ) {
    super(socket, framing, limits.maxOutboxBytes);
    this.#ws = ws;
    this.#heardAtMs = now();
    this.#first = isStranger ? new FirstMessage(socket, () => this.#endAsTooLarge()) : undefined;
    ws.owner = this;
  }

  get heartbeatMs(): number {
    return this.limits.pingIntervalMs;
  }

  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  override write(event: EventForm): boolean {
    if (event.size > this.#largestSincePing) this.#noteLargest(event.size);
    return super.write(event);
  }

  override writeJoined(events: JoinedForms): boolean {
    if (events.largestSize > this.#largestSincePing) this.#noteLargest(events.largestSize);
    return super.writeJoined(events);
  }

  send(frame: ServerFrame): boolean {
    return this.sendBytes(encodeTextFrame(encodeFrame(frame)));
  }

  sendLast(frame: ErrorFrame): void {
    this.sendLastBytes(encodeTextFrame(encodeFrame(frame)));
  }

  close(name: CloseName, waitSeconds?: number): void {
    if (this.isClosing) return;
    this.isClosing = true;
    const { code, reason } = closeCodes[name];
    // Behind the client's own close frame ours says nothing.
    if (this.#ws.readyState === WebSocket.OPEN) this.#closedWith = code;
    this.#ws.close(code, closeReason(waitSeconds === undefined ? reason : `${reason} ${waitSeconds}`));
    this.cutOffInTime();
  }

  get mayAskAtMs(): number {
    return this.#mayAskAtMs;
  }

  ask(cursor: Cursor): void {
    this.#mayPingAtMs = this.now() + this.#pingPauseMs;
    if (this.#ws.readyState === WebSocket.OPEN) this.sendLastBytes(pingWith(cursor));
  }

  beforeTurnEnds(callback: () => void): void {
    writeLast(callback);
  }

  /** Nobody is cut off who has not been asked. Reads on where fewer frames wait by now. */
  tick(nowMs: number): number {
    this.#resumeReading();
    if (this.#pingedAtMs !== undefined) {
      if (nowMs - this.#pingedAtMs >= this.limits.pongTimeoutMs) this.#ws.terminate();
    } else if (nowMs >= this.#pingDueAtMs) {
      this.#pingedAtMs = nowMs;
      this.#mayAskAtMs = nowMs + this.#pingPauseMs;
      this.#pongDue = true;
      this.#largestSincePing = 0;
      this.#ws.ping();
    }
    if (this.#isToReadOn) return nowMs;
    return this.#pingedAtMs === undefined ? this.#pingDueAtMs : this.#pingedAtMs + this.limits.pongTimeoutMs;
  }

  get #pingDueAtMs(): number {
    return Math.max(this.#heardAtMs + this.limits.pingIntervalMs, this.#mayPingAtMs);
  }

  get #pingPauseMs(): number {
    return Math.min(PING_PAUSE_MS, this.limits.pingIntervalMs / 2);
  }

  #resumeReading(): void {
    if (this.#isToReadOn && this.events.pending() < MAX_PENDING_FRAMES) this.#ws.resume();
  }

  get #isToReadOn(): boolean {
    return this.#ws.isPaused && !this.#ignoredTooMuch;
  }

  #noteLargest(bytes: number): void {
    this.#largestSincePing = bytes;
    if (bytes > this.#largestUnread) this.#largestUnread = bytes;
  }

  received(message: Buffer, isBinary: boolean): void {
    this.#hear();
    if (this.#ignores(message)) return;
    if (this.#first?.take(message) === false) {
      this.#endAsTooLarge();
      return;
    }
    this.#first = undefined;
    this.events.frame(isBinary ? undefined : message.toString());
    if (this.events.pending() < MAX_PENDING_FRAMES) return;
    this.#ws.pause();
    this.events.tickSoon();
  }

  /** Of what it still sends nothing is read. */
  #endAsTooLarge(): void {
    if (this.isClosing) return;
    this.#ignoredBytes = Number.POSITIVE_INFINITY;
    this.#ws.pause();
    this.#ws.close(closeCodes.tooLarge.code);
  }

  foundFault(name: CloseName): void {
    this.sendLast(errorFrame('INVALID_MESSAGE', `${closeCodes[name].reason}.`));
    this.isClosing = true;
    this.#closedWith = closeCodes[name].code;
    this.cutOffInTime();
  }

  gone(code: number): void {
    const refusedByClient = code === closeCodes.tooLarge.code && !this.isClosing;
    if (refusedByClient && this.#largestUnread > 0) {
      this.events.tooLargeForClient(this.#largestUnread);
    }
    this.events.closed(this.#closedWith ?? code);
  }

  pinged(data: Buffer): void {
    this.#hear();
    if (!this.#ignores(data) && this.events.heartbeat()) this.#ws.pong(data);
  }

  ponged(data: Buffer): void {
    this.#hear();
    if (!this.isClosing && data.byteLength > 0 && this.events.gaveBack(data.toString('latin1'))) return;
    if (!this.#pongDue) {
      if (!this.#ignores(data)) this.events.heartbeat();
      return;
    }
    this.#pongDue = false;
    this.#largestUnread = this.#largestSincePing;
  }

  /** Whether a frame comes too late to be looked at. */
  #ignores({ byteLength }: Buffer): boolean {
    if (!this.isClosing && this.events.listening()) return false;
    this.#ignoredFrames += 1;
    this.#ignoredBytes += byteLength;
    if (this.#ignoredTooMuch) this.#ws.pause();
    return true;
  }

  readingEnded(): void {
    this.cutOffInTime();
    this.socket.on('data', ({ byteLength }: Buffer) => {
      this.#ignoredBytes += byteLength;
      if (this.#ignoredTooMuch) this.socket.pause();
    });
  }

  get #ignoredTooMuch(): boolean {
    return this.#ignoredFrames > MAX_IGNORED_FRAMES || this.#ignoredBytes > MAX_IGNORED_BYTES;
  }

  #hear(): void {
    this.#heardAtMs = this.now();
    this.#pingedAtMs = undefined;
  }
}

function pingWith(cursor: Cursor): Buffer {
  if (cursor !== lastPing.cursor) Object.assign(lastPing, { cursor, frame: encodePing(Buffer.from(cursor)) });
  return lastPing.frame;
}
