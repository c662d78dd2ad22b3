import type { ClientFrame, ErrorFrame } from '../../../shared/contract/frames.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';

const MINUTE_MS = 60_000;
/** Pings and acks are free this often; faster ones count as frames. */
const FREE_PING_MS = 1_000;
/** `auth` is free, but each costs a signature to check: more of them in a minute count as frames. */
const FREE_AUTHS = 120;

const NEVER = Number.NEGATIVE_INFINITY;

/** A ping or pong of WebSocket's own (RFC 6455 section 5.5), which carries no JSON. */
export type Heartbeat = 'heartbeat';

/**
 * How many frames of one session are answered (PROTOCOL.md, Frames). What is refused here does not count, but so much of it
 * in one minute is a flood.
 */
export class FrameLimit {
  readonly #frames: RateWindow;
  readonly #auths = new RateWindow(FREE_AUTHS, MINUTE_MS);
  readonly #lastFreeMs = { ping: NEVER, ack: NEVER, heartbeat: NEVER };

  constructor(
    readonly framesPerMinute: number,
    private readonly refusalsPerMinute: number,
  ) {
    this.#frames = new RateWindow(framesPerMinute, MINUTE_MS);
  }

  /** Whether the last refusal was the last that is answered. */
  get flooded(): boolean {
    return this.#frames.refused >= this.refusalsPerMinute;
  }

  pass(frame: ClientFrame | ErrorFrame | Heartbeat, nowMs: number): boolean {
    return this.#isFree(frame, nowMs) || this.#frames.take(nowMs);
  }

  /** Milliseconds until frames are counted anew. */
  remainingMs(nowMs: number): number {
    return this.#frames.remainingMs(nowMs);
  }

  #isFree(frame: ClientFrame | ErrorFrame | Heartbeat, nowMs: number): boolean {
    if (frame === 'heartbeat') return this.#isDue('heartbeat', nowMs);
    if (!('action' in frame)) return false;
    if (frame.action === 'auth') return this.#auths.take(nowMs);
    const { action } = frame;
    return (action === 'ping' || action === 'ack') && this.#isDue(action, nowMs);
  }

  #isDue(kind: 'ping' | 'ack' | 'heartbeat', nowMs: number): boolean {
    if (nowMs - this.#lastFreeMs[kind] < FREE_PING_MS) return false;
    this.#lastFreeMs[kind] = nowMs;
    return true;
  }
}
