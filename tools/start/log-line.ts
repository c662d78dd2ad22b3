import { levels } from 'pino';

const ERROR = 50;

/** The same in every line of a service that one terminal shows. */
const constant = new Set(['level', 'time', 'pid', 'hostname', 'name', 'instance', 'msg']);

/** A JSON log line as a person reads it: time, level, sentence, then the fields. Anything else as it is. */
export function readableLine(line: string): string {
  const entry = parseEntry(line);
  if (entry === undefined) return line;
  const { level, time, msg } = entry;
  const at = typeof time === 'number' ? new Date(time).toTimeString().slice(0, 8) : String(time);
  const fields = Object.entries(entry)
    .filter(([name]) => !constant.has(name))
    .map(([name, value]) => `${name}=${readable(value, Number(level) < ERROR)}`);
  const sentence = typeof msg === 'string' ? [msg] : [];
  return [at, levels.labels[Number(level)]?.toUpperCase() ?? String(level), ...sentence, ...fields].join(' ');
}

/** A stack is for a fault of ours; of what a service copes with the message is enough. */
function readable(value: unknown, withoutStack: boolean): string {
  if (typeof value === 'string') return value;
  const { message, stack } = (value ?? {}) as { message?: unknown; stack?: unknown };
  if (withoutStack && typeof message === 'string' && stack !== undefined) return JSON.stringify(message);
  return JSON.stringify(value);
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{"level":')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
