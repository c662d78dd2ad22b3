import type { Room } from '../../shared/contract/routing.ts';

/** What is published: `text` is somewhere in the frame that each socket of the room gets. */
export interface LoadEvent {
  readonly number: number;
  readonly room: Room;
  readonly text: string;
}

/** Begins each text, and is nowhere else in a frame: its first byte is what the receivers count. */
export const MARK = '🏁';
export const MARK_BYTE = 0xf0;
export const MARK_BYTES = 4;
/** Behind the mark: when the event was sent, in microseconds of the machine's monotonic clock. */
export const STAMP_DIGITS = 16;

/** Makes an event as long as one of a booking backend with a note in it. */
const PADDING = ' as agreed by phone, second floor, please bring the papers of the last visit. '.padEnd(
  180,
  '.',
);

let last = 0;

/** An event that is about to be sent. */
export function newEvent(room: Room): LoadEvent {
  last += 1;
  const stamp = String(nowUs()).padStart(STAMP_DIGITS, '0');
  return { number: last, room, text: `${MARK}${stamp}${PADDING}` };
}

/** The same in every process of the machine. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
