import type { Socket } from 'node:net';
import type { RawData } from 'ws';
import { closeCodes, closeReason, type CloseName } from '../../../../shared/contract/close-codes.ts';
import {
  encodeFrame,
  errorFrame,
  type ErrorFrame,
  type ServerFrame,
} from '../../../../shared/contract/frames.ts';
import type { SteadyClock } from '../../../../shared/service/clock.ts';
import type { Outlet } from '../../stream/feed.ts';
import { encodeTextFrame, payloadBytesOf } from './text-frame.ts';
import type { ClientSocket } from './client-socket.ts';
import { corkForThisTurn } from './turn.ts';

export interface ConnectionLimits {
  readonly maxOutboxBytes: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
}

export interface ConnectionEvents {
  text(text: string): void;
  binary(): void;
  /** `heardAtMs`: the last sign of life; what was written later may never have arrived. */
  closed(code: number, heardAtMs: number): void;
  /** The client closed 1009; the largest event that it may not have read, in bytes of payload. */
  tooLargeForClient(largestBytes: number): void;
  /** A ping of WebSocket's own, or a pong that was not asked for; `false`: it gets no answer. */
  heartbeat(): boolean;
  /** Frames that wait for an answer. */
  pending(): number;
  /** `false` once no frame is looked at any more. */
  listening(): boolean;
}

const NOTHING = Buffer.alloc(0);
/** A client that does not answer our close frame is cut off after this. */
const CLOSE_TIMEOUT_MS = 3_000;
/** Reading pauses above this many unanswered frames, so that a flood waits in the client's own buffers. */
const MAX_PENDING_FRAMES = 64;
/** Of a client that is not listened to any more; beyond, its socket is not read, and its close frame not waited for. */
const MAX_IGNORED_FRAMES = 64;
const MAX_IGNORED_BYTES = 64 * 1024;

/**
 * One WebSocket: frames in and out, signs of life, the outbox.
 *
 * ws reads, answers pings and does the closing handshake; event frames are written to its socket directly, since
 * they are encoded once for all clients. No compression is negotiated, so both kinds of writes keep their order.
 * The outbox is the socket's own queue, bounded in bytes: the events in it, and the answers in it. Apart, because a
 * large event must not be refused for the answers ahead of it, nor an answer for the event.
 */
export class Connection implements Outlet {
  readonly #ws: ClientSocket;
  readonly #socket: Socket;
  #heardAtMs: number;
  /** When the ping went out that nothing has been heard after. */
  #pingedAtMs: number | undefined;
  #closing = false;
  #bytesSent = 0;
  #answerBytes = 0;
  #ignoredFrames = 0;
  #ignoredBytes = 0;
  /** Of the events that may be unread: the largest frame, and of those behind the last ping. */
  #largestUnread = 0;
  #largestSincePing = 0;
  #pongDue = false;

  constructor(
    ws: ClientSocket,
    socket: Socket,
    private readonly limits: ConnectionLimits,
    private readonly events: ConnectionEvents,
    private readonly now: SteadyClock,
  ) {
    this.#ws = ws;
    this.#socket = socket;
    this.#heardAtMs = now();
    ws.beforeFault = (name) => {
      this.sendLast(errorFrame('INVALID_MESSAGE', `${closeCodes[name].reason}.`));
      this.#closing = true;
    };
    ws.on('message', (data, isBinary) => this.#receive(data, isBinary));
    ws.on('pong', (data) => this.#receivePong(data));
    ws.on('ping', (data) => this.#receivePing(data));
    // What went wrong is in the close code that follows.
    ws.on('error', () => undefined);
    ws.once('close', (code) => {
      const refusedByClient = code === closeCodes.tooLarge.code && !this.#closing;
      if (refusedByClient && this.#largestUnread > 0) {
        events.tooLargeForClient(payloadBytesOf(this.#largestUnread));
      }
      events.closed(code, this.#heardAtMs);
    });
  }

  /** Of the frames written, whether the client has read them or not. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  get outboxBytes(): number {
    return this.#socket.writableLength;
  }

  /** A replay keeps to the socket's own mark too: 16 to 64 KiB, by the release of Node. */
  takes(bytes: number): boolean {
    if (!this.#socket.writable) return true;
    if (this.#socket.writableNeedDrain) return false;
    return this.outboxBytes === 0 || this.outboxBytes + bytes <= this.limits.maxOutboxBytes;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) return resolve();
      // Behind all that waits; called back as well when the socket is destroyed.
      this.#socket.write(NOTHING, () => resolve());
    });
  }

  write(frame: Buffer): boolean {
    if (this.#closing || !this.#socket.writable) return true;
    corkForThisTurn(this.#socket);
    if (this.outboxBytes + frame.byteLength > this.limits.maxOutboxBytes) {
      // A burst within one turn has not been offered to the kernel yet; only what it refuses is an outbox.
      this.#socket.uncork();
      // One event goes whatever its size: coming back would not make it smaller.
      const waiting = this.outboxBytes - this.#answerBytes;
      if (waiting > 0 && waiting + frame.byteLength > this.limits.maxOutboxBytes) return false;
    }
    this.#bytesSent += frame.byteLength;
    if (frame.byteLength > this.#largestSincePing) this.#noteLargest(frame.byteLength);
    this.#socket.write(frame);
    return true;
  }

  /** An answer; `false`: so many wait unread that nothing was queued. */
  send(frame: ServerFrame): boolean {
    if (this.#closing || !this.#socket.writable) return true;
    const bytes = encodeTextFrame(encodeFrame(frame));
    const fits = () =>
      this.#answerBytes === 0 || this.#answerBytes + bytes.byteLength <= this.limits.maxOutboxBytes;
    if (!fits()) {
      this.#socket.uncork();
      if (!fits()) return false;
    }
    this.#put(bytes);
    return true;
  }

  /** Why the session ends: goes whatever waits. */
  sendLast(frame: ErrorFrame): void {
    if (!this.#closing && this.#socket.writable) this.#put(encodeTextFrame(encodeFrame(frame)));
  }

  close(name: CloseName, reason: string = closeCodes[name].reason): void {
    if (this.#closing) return;
    this.#closing = true;
    const { code } = closeCodes[name];
    this.#ws.close(code, closeReason(reason));
    const timer = setTimeout(() => this.#ws.terminate(), CLOSE_TIMEOUT_MS);
    this.#ws.once('close', () => clearTimeout(timer));
  }

  /** Finds dead peers; called about once a second. Nobody is cut off who has not been asked. */
  tick(nowMs: number): void {
    if (this.#pingedAtMs !== undefined) {
      if (nowMs - this.#pingedAtMs >= this.limits.pongTimeoutMs) this.#ws.terminate();
    } else if (nowMs - this.#heardAtMs >= this.limits.pingIntervalMs) {
      this.#pingedAtMs = nowMs;
      this.#pongDue = true;
      this.#largestSincePing = 0;
      this.#ws.ping();
    }
  }

  /** Reads on after `pending` has fallen. */
  resumeReading(): void {
    if (!this.#ws.isPaused || this.#ignoredTooMuch) return;
    if (this.events.pending() < MAX_PENDING_FRAMES) this.#ws.resume();
  }

  #noteLargest(bytes: number): void {
    this.#largestSincePing = bytes;
    if (bytes > this.#largestUnread) this.#largestUnread = bytes;
  }

  #put(answer: Buffer): void {
    corkForThisTurn(this.#socket);
    this.#bytesSent += answer.byteLength;
    this.#answerBytes += answer.byteLength;
    this.#socket.write(answer, () => (this.#answerBytes -= answer.byteLength));
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#hear();
    // ws hands over one Buffer per message as long as binaryType is untouched.
    const message = data as Buffer;
    if (this.#ignores(message)) return;
    if (isBinary) this.events.binary();
    else this.events.text(message.toString());
    if (this.events.pending() >= MAX_PENDING_FRAMES) this.#ws.pause();
  }

  #receivePing(data: Buffer): void {
    this.#hear();
    if (!this.#ignores(data) && this.events.heartbeat()) this.#ws.pong(data);
  }

  #receivePong(data: Buffer): void {
    this.#hear();
    if (!this.#pongDue) {
      if (!this.#ignores(data)) this.events.heartbeat();
      return;
    }
    this.#pongDue = false;
    this.#largestUnread = this.#largestSincePing;
  }

  /** Whether a frame comes too late to be looked at. */
  #ignores({ byteLength }: Buffer): boolean {
    if (!this.#closing && this.events.listening()) return false;
    this.#ignoredFrames += 1;
    this.#ignoredBytes += byteLength;
    if (this.#ignoredTooMuch) this.#ws.pause();
    return true;
  }

  get #ignoredTooMuch(): boolean {
    return this.#ignoredFrames > MAX_IGNORED_FRAMES || this.#ignoredBytes > MAX_IGNORED_BYTES;
  }

  #hear(): void {
    this.#heardAtMs = this.now();
    this.#pingedAtMs = undefined;
  }
}
