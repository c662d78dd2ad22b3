/** Between two looks, which are a second apart; more means that the process was paused or starved. */
const PAUSE_MS = 2_500;

/**
 * Notices that this process was paused. What its clients sent meanwhile is still to be read, so nobody may be ended
 * for silence before that has happened: the first look after a pause ends nobody, the next one may.
 */
export class PauseDetector {
  constructor(private lastLookMs: number) {}

  justEnded(nowMs: number): boolean {
    const sinceLastMs = nowMs - this.lastLookMs;
    this.lastLookMs = nowMs;
    return sinceLastMs > PAUSE_MS;
  }
}
