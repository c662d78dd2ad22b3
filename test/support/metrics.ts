/** One sample of `/metrics`, with its labels as they stand there; 0 where it has not been counted yet. */
export async function readMetric(healthPort: number, sample: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}
