import { once } from 'node:events';

/** Rejects at once when `signal` aborts, though the work itself cannot be cut short and goes on. */
export async function orAbort<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  const enough = new AbortController();
  const aborted: Promise<unknown> = signal.aborted
    ? Promise.resolve()
    : once(signal, 'abort', { signal: enough.signal });
  const rejected = aborted.then(() => {
    signal.throwIfAborted();
    return work;
  });
  try {
    return await Promise.race([work, rejected]);
  } finally {
    enough.abort();
  }
}
