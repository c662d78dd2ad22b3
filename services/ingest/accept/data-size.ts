import type { EventData } from '../../../shared/contract/event.ts';
import type { Problem } from '../../../shared/contract/errors.ts';
import { thinData } from '../../../shared/contract/thin-data.ts';

/** `1e20` has 4 characters and is written with 21: no JSON grows more than that when it is written again. */
const MAX_GROWTH = 6;
/** Shorter texts are names, times and ids, and cutting them gains nothing. */
const MIN_CUT_BYTES = 1_024;
const QUOTES = 2;

/** Whether the data of an event in a body of that size may be larger, so that it has to be measured. */
export function mayExceed(bodyBytes: number, maxBytes: number): boolean {
  return bodyBytes * MAX_GROWTH > maxBytes;
}

export function sizeProblem(data: EventData, maxBytes: number): Problem[] {
  const bytes = jsonBytes(data);
  if (bytes <= maxBytes) return [];
  return [
    {
      path: '/data',
      message: `expected at most ${maxBytes} bytes as JSON (MAX_EVENT_BYTES), found ${bytes}: send ids, and let clients ask for the rest`,
    },
  ];
}

/**
 * Data of an event whose sender cannot send it smaller. Its notes are cut, and if that is not enough its other long
 * texts, the longest first; `notes_truncated` says so of `notes`. Data that is large in another way becomes thin.
 */
export function fitted(data: EventData, maxBytes: number): EventData {
  if (jsonBytes(data) <= maxBytes) return data;
  let fit = data;
  for (const name of longTexts(data)) {
    fit = { ...fit, [`${name}_truncated`]: true };
    const excess = jsonBytes(fit) - maxBytes;
    fit = { ...fit, [name]: cut(String(data[name]), jsonBytes(data[name]) - excess) };
    if (jsonBytes(fit) <= maxBytes) return fit;
  }
  const thin = thinData(data);
  return jsonBytes(thin) <= maxBytes ? thin : { truncated: true };
}

function longTexts(data: EventData): string[] {
  const size = (name: string) => (name === 'notes' ? Infinity : jsonBytes(data[name]));
  return Object.keys(data)
    .filter((name) => typeof data[name] === 'string' && jsonBytes(data[name]) >= MIN_CUT_BYTES)
    .sort((one, other) => size(other) - size(one));
}

/** The longest beginning that takes at most so many bytes as JSON, between two characters. */
function cut(text: string, maxBytes: number): string {
  let bytes = QUOTES;
  let end = 0;
  for (const character of text) {
    bytes += jsonBytes(character) - QUOTES;
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
