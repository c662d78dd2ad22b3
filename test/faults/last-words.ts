import { setTimeout as delay } from 'node:timers/promises';
import type { Entrance } from './publisher.ts';

const AGAIN_MS = 100;
/** In one event. */
const MAX_ROOMS = 20;

/** An event behind all others, by which it is seen that somebody has caught up. */
export interface LastWord {
  readonly id: string;
  readonly rooms: readonly string[];
}

/** One event has room for so many rooms only. */
export function lastWordsTo(rooms: readonly string[], id: string): readonly LastWord[] {
  const count = Math.ceil(rooms.length / MAX_ROOMS);
  return Array.from({ length: count }, (_, index) => {
    return { id: `${id}-${index}`, rooms: rooms.slice(index * MAX_ROOMS, (index + 1) * MAX_ROOMS) };
  });
}

/** Again and again until it is accepted. */
export async function sayLast(entrance: Entrance, { id, rooms }: LastWord, withinMs: number): Promise<void> {
  const body = { id, event: 'calendar.sync', data: { reason: 'end of the run' }, rooms };
  const deadlineMs = performance.now() + withinMs;
  while (!(await entrance.offer({ id }, body))) {
    if (performance.now() > deadlineMs) throw new Error(`the event ${id} was not accepted`);
    await delay(AGAIN_MS);
  }
}
