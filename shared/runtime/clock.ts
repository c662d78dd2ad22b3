/** Unix time in milliseconds. The core takes one instead of asking the machine. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
