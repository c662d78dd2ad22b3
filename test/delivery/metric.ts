/** Wide: a deadline tells a hang from a slow machine, it times nothing. */
const DEADLINE_MS = 30_000;
const POLL_MS = 25;

/** One sample of `/metrics`, with its labels as they stand there; 0 where it has not been counted yet. */
export async function metricOf(healthPort: number, sample: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`roomcast_delivery_${sample} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Polls, as a monitor does, until the sample has a value. */
export async function metricUntil(healthPort: number, sample: string, value: number): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const now = await metricOf(healthPort, sample);
    if (now === value) return;
    if (Date.now() > deadline) throw new Error(`${sample} is ${now} and did not become ${value}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
