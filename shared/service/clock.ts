import { wallTime, type WallTime } from '../core/wall-time.ts';

/**
 * The time as the machine has it, for what is shown, stamped or compared with other machines. Somebody may set it, to and
 * fro. The compiler takes neither of these two clocks for the other.
 */
export type WallClock = () => WallTime;

/**
 * Unix milliseconds as they were at the start of the process, carried on by a clock that nobody sets: for intervals, time
 * limits and ages. On some systems it stands still while the machine sleeps.
 */
export type SteadyClock = () => number;

export const wallClock: WallClock = () => wallTime(Date.now());

export const steadyClock: SteadyClock = () => performance.timeOrigin + performance.now();
