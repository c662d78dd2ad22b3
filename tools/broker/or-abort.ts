/** Rejects at once when `signal` aborts, though the work itself cannot be cut short and goes on. */
export async function orAbort<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  const enough = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { signal: enough.signal });
  });
  const rejected = aborted.then(() => {
    signal.throwIfAborted();
    return work;
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, rejected]);
  } finally {
    enough.abort();
  }
}
