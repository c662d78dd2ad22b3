const FIRST_REST_MS = 250;
const MAX_REST_MS = 2_000;

/** Tries until it succeeds, or until it need not any more: then there is no value. Rests in between, longer each time. */
export async function retryUntil<Value>(
  attempt: () => Promise<Value>,
  isPointless: () => boolean,
  sleep: (ms: number) => Promise<void>,
): Promise<Value | undefined> {
  for (let sleepMs = FIRST_REST_MS; ; sleepMs = Math.min(MAX_REST_MS, 2 * sleepMs)) {
    try {
      return await attempt();
    } catch {
      if (isPointless()) return undefined;
    }
    await sleep(sleepMs);
  }
}
