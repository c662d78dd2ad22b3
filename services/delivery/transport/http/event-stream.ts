import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { closeCodes, type CloseName } from '../../../../shared/contract/close-codes.ts';
import type { ErrorFrame, ServerFrame } from '../../../../shared/contract/frames.ts';
import type { SteadyClock } from '../../../../shared/service/clock.ts';
import type { DeliveryConfig } from '../../config.ts';
import type { ClientEvents, Transport } from '../../session/transport.ts';
import { Outbox } from '../outbox.ts';
import { refusalFor, refuse, type Refusal } from './answer.ts';
import { COMMENT, encodeRetry, encodeStreamFrame, streamFraming } from './stream-frames.ts';

export type StreamLimits = Pick<DeliveryConfig, 'maxOutboxBytes' | 'streamCommentMs' | 'drainSpreadMs'>;

/** As the metrics have it where the client left: a code that no close frame carries. */
export const LEFT = 1005;
const SOONEST_RETRY_MS = 1_000;

/**
 * One answer to `GET /v1/stream`. Until `connected` nothing is written, so that what is refused by then has a status.
 *
 * The body ends with the connection and is written to its socket: an event is the same bytes for all clients, with no
 * chunk around it, and all of a turn go out in one call.
 */
export class EventStreamAnswer extends Outbox implements Transport {
  #waiting: ServerFrame[] = [];
  #hasBegun = false;
  #closedWith: number | undefined;
  #commentAtMs: number;

  constructor(
    private readonly response: ServerResponse,
    socket: Socket,
    private readonly limits: StreamLimits,
    events: ClientEvents,
    now: SteadyClock,
  ) {
    super(socket, streamFraming, limits.maxOutboxBytes);
    this.#commentAtMs = now();
    // A client that only reads gives no sign of life; it always has a cursor to come back with.
    response.once('close', () => events.closed(this.#closedWith ?? LEFT));
  }

  get heartbeatMs(): number {
    return this.limits.streamCommentMs;
  }

  send(frame: ServerFrame): boolean {
    if (this.#closedWith !== undefined) return true;
    if (this.#hasBegun) {
      const sent = this.sendBytes(encodeStreamFrame(frame));
      return frame.type === 'going_away' ? this.sendBytes(encodeRetry(frame.reconnect_after_ms)) : sent;
    }
    this.#waiting.push(frame);
    if (frame.type === 'connected') this.#begin();
    return true;
  }

  sendLast(frame: ErrorFrame): void {
    if (this.#hasBegun) this.sendLastBytes(encodeStreamFrame(frame));
    else this.#waiting.push(frame);
  }

  close(name: CloseName, waitSeconds?: number): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = closeCodes[name].code;
    if (!this.#hasBegun) {
      refuse(this.response, { ...(this.#refusal() ?? refusalFor(name)), waitSeconds });
      return;
    }
    if (name === 'overloaded') {
      // So that those who are turned away together do not all come back at once.
      const spreadMs = Math.random() * this.limits.drainSpreadMs;
      this.sendLastBytes(encodeRetry(SOONEST_RETRY_MS + spreadMs));
    }
    this.isClosing = true;
    this.response.end();
    this.cutOffInTime();
  }

  tick(nowMs: number): number {
    if (!this.#hasBegun) return nowMs;
    if (nowMs - this.#commentAtMs >= this.limits.streamCommentMs) {
      this.#commentAtMs = nowMs;
      this.sendBytes(COMMENT);
    }
    return this.#commentAtMs + this.limits.streamCommentMs;
  }

  /** What was refused so far; a room that cannot be joined is as good a reason as a token. */
  #refusal(): Refusal | undefined {
    return this.#waiting.find((frame) => frame.type === 'error');
  }

  #begin(): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      this.#closedWith = closeCodes.unauthenticated.code;
      refuse(this.response, refusal);
      return;
    }
    this.response.useChunkedEncodingByDefault = false;
    this.response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
    this.response.flushHeaders();
    this.#hasBegun = true;
    for (const frame of this.#waiting) this.sendBytes(encodeStreamFrame(frame));
    this.#waiting = [];
  }
}
