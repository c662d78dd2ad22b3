import type { ClientFrame, ErrorFrame } from '../../../shared/contract/frames.ts';
import { RateWindow } from '../../../shared/core/rate-window.ts';

const MINUTE_MS = 60_000;
/** Pings are free this often; faster ones count as frames. */
const FREE_PING_MS = 1_000;

/** How many frames of one session are answered (design 3.4): `auth` is free, what is refused here is not counted. */
export class FrameGate {
  readonly #window: RateWindow;
  #lastFreePingMs = Number.NEGATIVE_INFINITY;

  constructor(readonly framesPerMinute: number) {
    this.#window = new RateWindow(framesPerMinute, MINUTE_MS);
  }

  pass(frame: ClientFrame | ErrorFrame, nowMs: number): boolean {
    if ('action' in frame && frame.action === 'auth') return true;
    if ('action' in frame && frame.action === 'ping' && nowMs - this.#lastFreePingMs >= FREE_PING_MS) {
      this.#lastFreePingMs = nowMs;
      return true;
    }
    return this.#window.take(nowMs);
  }
}
