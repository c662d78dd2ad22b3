import { MARK_BYTE, MARK_BYTES, nowUs, STAMP_DIGITS } from './load-event.ts';

/** Of one turn; more say nothing more, and would cost the load. */
const MAX_LATENCIES = 50_000;

export interface Counts {
  readonly frames: number;
  readonly bytes: number;
  /** Connections that the other side ended. */
  readonly lost: number;
}

/** Counts the frames in what arrives by one byte that each has once, instead of parsing them. */
export class Tally {
  lost = 0;
  #frames = 0;
  #bytes = 0;
  #latenciesUs: number[] = [];

  /** `stamped`: the byte is that of the mark, and a stamp follows it, which is read. */
  constructor(
    private readonly byte = MARK_BYTE,
    private readonly stamped = true,
  ) {}

  add(bytes: Buffer): void {
    this.#bytes += bytes.byteLength;
    for (let at = bytes.indexOf(this.byte); at !== -1; at = bytes.indexOf(this.byte, at + 1)) {
      this.#frames += 1;
      if (this.stamped) this.#readStamp(bytes, at + MARK_BYTES);
    }
  }

  counts(): Counts {
    return { frames: this.#frames, bytes: this.#bytes, lost: this.lost };
  }

  /** Those since the last call. */
  takeLatenciesUs(): readonly number[] {
    const taken = this.#latenciesUs;
    this.#latenciesUs = [];
    return taken;
  }

  /** A stamp that is cut in two is left out. */
  #readStamp(bytes: Buffer, from: number): void {
    if (this.#latenciesUs.length >= MAX_LATENCIES) return;
    const sentUs = Number(bytes.toString('latin1', from, from + STAMP_DIGITS));
    if (sentUs > 0 && from + STAMP_DIGITS <= bytes.byteLength) this.#latenciesUs.push(nowUs() - sentUs);
  }
}
