/** Reads at most once in so many milliseconds, however often it is asked; in between it answers what it read last. */
export function atMostEvery<Result>(
  maxAgeMs: number,
  read: (nowMs: number) => Promise<Result>,
): (nowMs: number) => Promise<Result> {
  let latest: { readonly result: Promise<Result>; readonly readAtMs: number } | undefined;
  return (nowMs) => {
    if (latest === undefined || nowMs - latest.readAtMs >= maxAgeMs) {
      latest = { result: read(nowMs), readAtMs: nowMs };
    }
    return latest.result;
  };
}
