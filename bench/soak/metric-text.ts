/** What a metric of Prometheus' text format says, all its labels together; `label` chooses one, such as `code="4008"`. */
export function metricIn(text: string, name: string, label = ''): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  const chosen = lines.filter((line) => line.includes(label));
  // What is missing must not pass for nothing.
  if (lines.length === 0) return Number.NaN;
  return chosen.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** How often delivery has closed connections, and refused something, by code. */
export function codesIn(text: string): Record<string, number> {
  const counts = text.matchAll(/^roomcast_delivery_(?:closes|refusals)_total\{code="(\w+)"\} (\S+)$/gm);
  return Object.fromEntries([...counts].map(([, code = '', count]) => [code, Number(count)]));
}
