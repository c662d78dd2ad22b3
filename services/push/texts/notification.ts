import { DateTime } from 'luxon';
import type { PersonalKind } from '../../../shared/contract/rooms.ts';
import type { Telling } from '../decision/bundles.ts';
import type { WaitingEvent } from '../decision/decide.ts';
import { startOf } from '../decision/start.ts';
import type { Notification } from '../senders/sender.ts';
import { languageOf, textIn, type Language } from './texts.ts';

/** Where an event does not say when the appointment is. */
const KEPT_FOR_MS = 24 * 60 * 60_000;
/** Characters of a name that are shown; with three of them every push service takes the whole. */
const MAX_NAME = 100;
/** How long a push service need try to reach a phone by which an operator looks whether it is reached. */
const TEST_KEPT_FOR_MS = 5 * 60_000;

export interface Wording {
  /** Whether names of people are in it: push services can read it, and whoever sees the phone. */
  readonly details: boolean;
  /** What a tap opens; the appointment's id takes the place of `{id}`. */
  readonly clickUrl: string;
}

const titles = {
  'appointment.created': 'created',
  'appointment.updated': 'updated',
  'appointment.cancelled': 'cancelled',
} as const;

/**
 * What a person is told, in the language of a phone. Of a bundle of which some events need not be told any more it says what it
 * said before, so that a phone that was told is shown the same.
 */
export function notificationOf(
  { bundle: { ids, topic, cursor }, events }: Pick<Telling, 'bundle' | 'events'>,
  role: PersonalKind,
  tag: string | undefined,
  wording: Wording,
  nowMs: number,
): Notification {
  const language = languageOf(tag);
  const ends = events.map(({ data }) => startOf(data)?.atMs ?? nowMs + KEPT_FOR_MS);
  const common = { language, topic, urgency: 'high', expiresAtMs: Math.max(...ends) } as const;
  if (ids.length > 1) {
    const count = String(ids.length);
    return {
      ...common,
      title: textIn(language, 'several', { count }),
      body: textIn(language, 'open', {}),
      url: urlFor(wording.clickUrl, undefined),
      data: { event: 'several', count, cursor },
    };
  }
  const [event] = events;
  const id = event.appointmentId?.toString();
  return {
    ...common,
    title: textIn(language, titleOf(event), {}),
    body: bodyOf(event, role, language, wording.details),
    url: urlFor(wording.clickUrl, id),
    data: { event: event.name, ...(id !== undefined && { appointment_id: id }), cursor },
  };
}

/** Tells of nothing but itself. */
export function testNotification(tag: string | undefined, clickUrl: string, nowMs: number): Notification {
  const language = languageOf(tag);
  return {
    language,
    title: textIn(language, 'test', {}),
    body: textIn(language, 'tested', {}),
    url: urlFor(clickUrl, undefined),
    topic: 'test',
    urgency: 'high',
    expiresAtMs: nowMs + TEST_KEPT_FOR_MS,
    data: { event: 'test' },
  };
}

function titleOf({ name }: WaitingEvent): 'created' | 'updated' | 'cancelled' {
  return name === 'calendar.sync' ? 'updated' : titles[name];
}

function bodyOf({ data }: WaitingEvent, role: PersonalKind, language: Language, details: boolean): string {
  const start = startOf(data)?.shown;
  const time = start?.setLocale(language).toLocaleString(DateTime.DATETIME_MED_WITH_WEEKDAY);
  const service = nameIn(data['service_name']);
  // Staff want to know who comes, a customer who they come to.
  const person = details ? nameIn(data[role === 'customer' ? 'provider_name' : 'customer_name']) : undefined;
  if (time === undefined) {
    return service === undefined ? textIn(language, 'open', {}) : textIn(language, 'what', { service });
  }
  if (person !== undefined && service !== undefined)
    return textIn(language, 'whoWhatWhen', { person, service, time });
  if (person !== undefined) return textIn(language, 'whoWhen', { person, time });
  if (service !== undefined) return textIn(language, 'whatWhen', { service, time });
  return textIn(language, 'when', { time });
}

function nameIn(value: unknown): string | undefined {
  const name = typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '';
  if (name === '') return undefined;
  const letters = Array.from(name);
  return letters.length <= MAX_NAME ? name : `${letters.slice(0, MAX_NAME - 1).join('')}…`;
}

function urlFor(clickUrl: string, id: string | undefined): string {
  return clickUrl.replaceAll('{id}', id ?? '');
}
