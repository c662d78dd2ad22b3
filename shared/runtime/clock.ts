/** Unix time in milliseconds, unless it says otherwise. The core takes one instead of asking the machine. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Milliseconds since the start of the process, which nobody sets. */
export const steadyClock: Clock = () => performance.now();
