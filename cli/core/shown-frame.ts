import { z } from 'zod';
import type { Paint, Style } from './paint.ts';
import { plainLine } from './plain-text.ts';

const Event = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()),
  id: z.string().optional(),
});
const Frame = z.looseObject({ type: z.string() }).or(z.looseObject({ ...Event.shape, type: z.undefined() }));

const NAME_WIDTH = 22;
const styles: Readonly<Record<string, Style>> = {
  connected: 'green',
  resumed: 'green',
  refreshed: 'green',
  error: 'red',
};

/** One frame as a line for people: when, which, what is in it. */
export function shownFrame(text: string, time: string, paint: Paint): string {
  const frame = Frame.safeParse(jsonIn(text)).data;
  if (frame === undefined) return `${paint('dim', time)}  ${plainLine(text)}`;
  const event = Event.safeParse(frame).data;
  const name = String(event?.event ?? frame.type);
  const fields = event === undefined ? { ...frame, type: undefined } : { ...event.data, event_id: event.id };
  const style = event !== undefined ? 'cyan' : (styles[name] ?? 'dim');
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${paint('dim', `${plainLine(key)}=`)}${shownValue(value)}`);
  return `${paint('dim', time)}  ${paint(style, plainLine(name).padEnd(NAME_WIDTH))} ${words.join(' ')}`.trimEnd();
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
