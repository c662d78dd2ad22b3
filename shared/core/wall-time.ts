declare const clock: unique symbol;

/**
 * A reading of the wall clock. It is no number, so that the compiler takes it neither for one of the steady clock nor for
 * half of a duration: somebody may set the clock between two of them.
 */
export interface WallTime {
  readonly [clock]: 'wall';
}

export function wallTime(unixMs: number): WallTime {
  return unixMs as unknown as WallTime;
}

/** To be compared with stamps, which are of the clocks of machines. */
export function unixMs(time: WallTime): number {
  return time as unknown as number;
}

/** RFC 3339, in UTC. */
export function stampOf(time: WallTime): string {
  return new Date(unixMs(time)).toISOString();
}
