/**
 * What a metric of Prometheus' text format says, all its labels together; `label` chooses one, such as `code="4008"`. With
 * labels, what there is none of has no line.
 */
export function metricIn(text: string, name: string, label = ''): number {
  const lines = text.split('\n');
  if (!lines.some((line) => line.startsWith(`# TYPE ${name} `))) return Number.NaN;
  const samples = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  const chosen = samples.filter((line) => line.includes(label));
  return chosen.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** How often delivery has closed connections, and refused something, by code. */
export function codesIn(text: string): Record<string, number> {
  const counts = text.matchAll(/^roomcast_delivery_(?:closes|refusals)_total\{code="(\w+)"\} (\S+)$/gm);
  return Object.fromEntries([...counts].map(([, code = '', count]) => [code, Number(count)]));
}
