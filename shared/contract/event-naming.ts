import { z } from 'zod';
import { calendarReasons, eventKinds, type EventKind } from './event-kinds.ts';
import type { RoomcastEvent } from './event.ts';

/** How a client wants its events named: as PROTOCOL.md does, or in the words of the existing apps. */
export const EventNaming = z.enum(['dotted', 'underscore']);
export type EventNaming = z.infer<typeof EventNaming>;

const kinds: ReadonlyMap<string, EventKind> = new Map(Object.entries(eventKinds));
const reasonNames: ReadonlyMap<unknown, string> = new Map([
  ...Object.entries(calendarReasons),
  // A webhook does not say whether a save is the first: this is the word that the apps have always been sent.
  ['unavailability.saved', 'unavailability_created'],
]);

/** What the existing apps call an event, as far as its type tells. */
export function underscoreNameOf(type: string): string {
  return kinds.get(type)?.underscoreName ?? type.replaceAll('.', '_');
}

/** Their name for it where only its data tells: so delivery need not look into the body. */
export function underscoreNameByData({
  name,
  data,
}: Pick<RoomcastEvent, 'name' | 'data'>): string | undefined {
  return name === 'calendar.sync' ? reasonNames.get(data['reason']) : undefined;
}
