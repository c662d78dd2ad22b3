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

type Free = 'ping' | 'ack' | Heartbeat;

/**
 * How many frames of one session are answered (PROTOCOL.md, Frames). What is refused here does not count, but so much of it
 * in one minute is a flood. Most clients send nothing once they are in, so nothing is kept of what has not come.
 */
export class FrameLimit {
  #frames: RateWindow | undefined;
  #auths: RateWindow | undefined;
  #lastFreeMs: Record<Free, number> | undefined;

  constructor(
    readonly framesPerMinute: number,
    private readonly refusalsPerMinute: number,
  ) {}

  /** Whether the last refusal was the last that is answered. */
  get flooded(): boolean {
    return (this.#frames?.refused ?? 0) >= this.refusalsPerMinute;
  }

  pass(frame: ClientFrame | ErrorFrame | Heartbeat, nowMs: number): boolean {
    if (this.#isFree(frame, nowMs)) return true;
    return (this.#frames ??= new RateWindow(this.framesPerMinute, MINUTE_MS)).take(nowMs);
  }

  /** Milliseconds until frames are counted anew. */
  remainingMs(nowMs: number): number {
    return this.#frames?.remainingMs(nowMs) ?? 0;
  }

  #isFree(frame: ClientFrame | ErrorFrame | Heartbeat, nowMs: number): boolean {
    if (frame === 'heartbeat') return this.#isDue('heartbeat', nowMs);
    if (!('action' in frame)) return false;
    if (frame.action === 'auth') return (this.#auths ??= new RateWindow(FREE_AUTHS, MINUTE_MS)).take(nowMs);
    const { action } = frame;
    return (action === 'ping' || action === 'ack') && this.#isDue(action, nowMs);
  }

  #isDue(kind: Free, nowMs: number): boolean {
    const last = (this.#lastFreeMs ??= { ping: NEVER, ack: NEVER, heartbeat: NEVER });
    if (nowMs - last[kind] < FREE_PING_MS) return false;
    last[kind] = nowMs;
    return true;
  }
}
