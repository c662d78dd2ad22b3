import { z } from 'zod';
import { plainLine } from '../../shared/core/plain-text.ts';
import type { Paint, Style } from './paint.ts';

const Event = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()),
  id: z.string().optional(),
});
const Other = z.looseObject({ type: z.string() });

const NAME_WIDTH = 22;
const styles: Readonly<Record<string, Style>> = {
  connected: 'green',
  resumed: 'green',
  refreshed: 'green',
  error: 'red',
};

/** One frame as a line for people: when, which, what is in it. */
export function shownFrame(text: string, time: string, paint: Paint): string {
  const json = jsonIn(text);
  const event = Event.safeParse(json).data;
  const other = Other.safeParse(json).data;
  if (event !== undefined) {
    const { event: name, data, id } = event;
    return line({ time, name, style: 'cyan', fields: { ...data, event_id: id } }, paint);
  }
  if (other === undefined) return `${paint('dim', time)}  ${plainLine(text)}`;
  const { type: name, ...fields } = other;
  return line({ time, name, style: styles[name] ?? 'dim', fields }, paint);
}

interface Line {
  readonly time: string;
  readonly name: string;
  readonly style: Style;
  readonly fields: Readonly<Record<string, unknown>>;
}

function line({ time, name, style, fields }: Line, paint: Paint): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${paint('dim', `${plainLine(key)}=`)}${shownValue(value)}`);
  return `${paint('dim', time)}  ${paint(style, plainLine(name).padEnd(NAME_WIDTH))} ${words.join(' ')}`;
}

function shownValue(value: unknown): string {
  const bare = typeof value === 'string' && /^[\w.:+@/-]+$/.test(value);
  return plainLine(bare ? value : JSON.stringify(value));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
