import { AppError } from '../../../shared/contract/errors.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';

/** Beyond, another one is refused at once. */
const MAX_WAITING = 100;
/** For its turn; then it is refused. */
const MAX_WAIT_MS = 2_000;

export interface BodyRoomOptions {
  /** Of all that are held together; one that is larger by itself goes alone. */
  readonly maxBytes: number;
  /** Bytes that may come in a second; 0 is unlimited. */
  readonly bytesPerSecond: number;
  readonly now: SteadyClock;
}

export interface Claim {
  /** Resolves when the body may be read, in the order of the claims; rejects with an AppError. */
  readonly granted: Promise<void>;
  /** Once the request is over, granted or not. */
  readonly release: () => void;
}

interface Claimant {
  readonly bytes: number;
  readonly grant: () => void;
  readonly giveUp: NodeJS.Timeout;
}

/** Decides when a body is read: what waits here has not been, and costs a connection alone. */
export class BodyRoom {
  readonly #waiting = new Set<Claimant>();
  readonly #held = new Set<Claimant>();
  #heldBytes = 0;
  #nextMs = Number.NEGATIVE_INFINITY;
  #looksAgain = false;

  constructor(private readonly options: BodyRoomOptions) {}

  claim(bytes: number): Claim {
    if (this.#waiting.size >= MAX_WAITING)
      return { granted: Promise.reject(tooMany()), release: () => undefined };
    let release = (): void => undefined;
    const granted = new Promise<void>((grant, reject) => {
      const giveUp = setTimeout(() => {
        release();
        reject(tooMany());
      }, MAX_WAIT_MS);
      const claimant = { bytes, grant, giveUp };
      release = () => this.#release(claimant);
      this.#waiting.add(claimant);
      this.#grantNext();
    });
    return { granted, release: () => release() };
  }

  #release(claimant: Claimant): void {
    clearTimeout(claimant.giveUp);
    this.#waiting.delete(claimant);
    if (this.#held.delete(claimant)) this.#heldBytes -= claimant.bytes;
    this.#grantNext();
  }

  #grantNext(): void {
    const { maxBytes, bytesPerSecond, now } = this.options;
    for (const claimant of this.#waiting) {
      const { bytes, grant, giveUp } = claimant;
      if (this.#held.size > 0 && this.#heldBytes + bytes > maxBytes) return;
      const nowMs = now();
      if (nowMs < this.#nextMs) {
        this.#lookAgainIn(this.#nextMs - nowMs);
        return;
      }
      this.#waiting.delete(claimant);
      this.#held.add(claimant);
      this.#heldBytes += bytes;
      if (bytesPerSecond > 0) this.#nextMs = nowMs + (bytes * 1_000) / bytesPerSecond;
      clearTimeout(giveUp);
      grant();
    }
  }

  #lookAgainIn(ms: number): void {
    if (this.#looksAgain) return;
    this.#looksAgain = true;
    setTimeout(() => {
      this.#looksAgain = false;
      this.#grantNext();
    }, Math.ceil(ms));
  }
}

function tooMany(): AppError {
  return new AppError('too_many_bodies', 'Send fewer large bodies at once, or smaller ones.');
}
