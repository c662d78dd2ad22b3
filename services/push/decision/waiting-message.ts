import { z } from 'zod';
import { appointmentIdOf } from '../../../shared/contract/appointment-id.ts';
import { eventNames } from '../../../shared/contract/event.ts';
import { parseId } from '../../../shared/contract/ids.ts';
import { ROOMS_SEPARATOR } from '../../../shared/contract/envelope.ts';
import { parseHistoryEntries, type EventEntry } from '../../../shared/contract/message.ts';
import type { PersonalKind } from '../../../shared/contract/rooms.ts';
import { personalKindOf, type Address } from '../../../shared/contract/routing.ts';
import type { WaitingEvent } from './decide.ts';

/** Somebody to whom a room belongs. */
export interface Person {
  readonly role: PersonalKind;
  readonly userId: number;
}

/** An event, and whom it is for. */
export interface WaitingMessage {
  readonly event: WaitingEvent;
  readonly people: readonly Person[];
}

const Frame = z.object({ data: z.record(z.string(), z.unknown()) });

/**
 * Reads a message of the exchange: it is one for however many rooms. Its companion for calendars is passed over; so is what is
 * no event, or one that this version does not know: there are no words for it.
 */
export function readWaitingMessage(message: {
  readonly properties: unknown;
  readonly content: Buffer;
}): WaitingMessage | undefined {
  const [entry] = parseHistoryEntries(message);
  return entry?.kind === 'event' ? messageOf(entry) : undefined;
}

function messageOf({ id, type, cursor, rooms, body }: EventEntry): WaitingMessage | undefined {
  const name = eventNames.find((known) => known === type);
  const data = dataIn(body);
  if (name === undefined || data === undefined) return undefined;
  const event = { id, name, cursor, data, appointmentId: appointmentIdOf(data) };
  return { event, people: peopleOf(rooms) };
}

/** Those to whom the personal ones belong: who else reads an event is not called by its name. */
function peopleOf(rooms: readonly Address[]): readonly Person[] {
  return rooms.flatMap((room) => {
    const role = personalKindOf(room);
    const userId = role === undefined ? undefined : parseId(room.slice(role.length + 1));
    return role === undefined || userId === undefined ? [] : [{ role, userId }];
  });
}

/** As `rooms` of a message that is for these alone. */
export function roomsOf(people: readonly Person[]): string {
  return people.map(({ role, userId }) => `${role}_${userId}`).join(ROOMS_SEPARATOR);
}

function dataIn(body: Buffer): WaitingEvent['data'] | undefined {
  try {
    return Frame.safeParse(JSON.parse(body.toString())).data?.data;
  } catch {
    return undefined;
  }
}
