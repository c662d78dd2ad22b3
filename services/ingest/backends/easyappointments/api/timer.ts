/** Calls back once after the delay, unless the function that it returns is called before. */
export type Timer = (delayMs: number, callback: () => void) => () => void;

export const systemTimer: Timer = (delayMs, callback) => {
  const timeout = setTimeout(callback, delayMs);
  return () => clearTimeout(timeout);
};

/** Rejects with the signal's reason as soon as that is aborted. */
export function wait(delayMs: number, signal: AbortSignal, timer: Timer): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => {
      cancel();
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what the caller aborted with
      reject(signal.reason);
    };
    const cancel = timer(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
