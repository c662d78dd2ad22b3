import { eventNames, type EventName } from '../../../shared/contract/event.ts';

/** The fork's words for what we have a word for. */
const synonyms: Readonly<Record<string, EventName>> = {
  appointment_created: 'appointment.created',
  appointment_updated: 'appointment.updated',
  appointment_deleted: 'appointment.cancelled',
  'appointment.deleted': 'appointment.cancelled',
};

/** What the fork tells staff beside appointments; the value is the reason of the calendar.sync it becomes. */
const calendarReasons: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'unavailability.created',
    'unavailability.updated',
    'unavailability.deleted',
    'provider.availability_changed',
    'provider.status_changed',
  ].flatMap((reason) => [
    [reason, reason],
    [reason.replace('.', '_'), reason],
  ]),
);

export interface ResolvedName {
  readonly name: EventName;
  /** Then it is a calendar.sync with thin data: why somebody is away is not for everybody's calendar. */
  readonly reason?: string;
}

export const acceptedNames = [
  ...eventNames,
  ...Object.keys(synonyms),
  ...Object.keys(calendarReasons),
] as const;

/** Short enough for an answer that says it of each of a thousand events: the dotted twins are left out. */
export const NAME_EXPECTED = `expected one of ${[
  ...eventNames,
  ...Object.keys(synonyms).filter((name) => !name.includes('.')),
  ...Object.keys(calendarReasons).filter((name) => !name.includes('.')),
].join(', ')}`;

export function resolveName(given: string): ResolvedName | undefined {
  const reason = Object.hasOwn(calendarReasons, given) ? calendarReasons[given] : undefined;
  if (reason !== undefined) return { name: 'calendar.sync', reason };
  const name = eventNames.find((known) => known === given);
  if (name !== undefined) return { name };
  const synonym = Object.hasOwn(synonyms, given) ? synonyms[given] : undefined;
  return synonym === undefined ? undefined : { name: synonym };
}
