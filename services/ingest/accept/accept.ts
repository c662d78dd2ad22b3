import type { Problem } from '../../../shared/contract/errors.ts';
import { isAppointmentEvent, type EventData, type EventName } from '../../../shared/contract/event.ts';
import { EVERYONE, type Address, type Room } from '../../../shared/contract/routing.ts';
import type { Contents } from './contents.ts';
import { sizeProblem } from './data-size.ts';
import { concernedBy, contradictions, spellings, syncData, type Concerned } from './event-data.ts';
import { resolveName } from './event-names.ts';
import { isGoodEvent } from './good-event.ts';
import { isRecord } from '../../../shared/contract/is-record.ts';
import { MAX_PROBLEMS, problemsOf, under, type Checked } from './problems.ts';
import { roomsAsGiven, roomsByRule } from './rooms-of.ts';
import { BroadcastInput, EventInput, MAX_EVENTS } from './schemas.ts';
import type { Steps } from './steps.ts';

/** An event, checked and addressed, that has not been given an id yet unless the backend gave one. */
export interface AcceptedEvent {
  readonly id: string | undefined;
  readonly name: EventName;
  readonly data: EventData;
  readonly timestamp: string;
  readonly rooms: readonly Address[];
  /** Tells somebody more of what another event tells everybody else, `calendar` among them: it stays in its own rooms. */
  readonly isCopy?: true;
  /** By what a repeat of its id is told from another event; absent where the id is ours. */
  readonly contents?: Contents;
}

export interface AcceptOptions {
  /** Time of an event that does not say when it happened; RFC 3339. */
  readonly now: string;
  /** Where an event without rooms goes that is not an appointment's: by the rule, or to everyone connected. */
  readonly withoutRooms?: 'rule' | 'everyone';
  /** Of `data` as JSON; without it the data is cut before it is published, and not refused. */
  readonly maxDataBytes?: number | undefined;
  /** Who else hears of a provider's appointments, beside those that the backend names. */
  readonly secretariesOf?: (provider: number) => readonly number[];
}

/** One event as `POST /v1/events` takes it, or everything that is wrong with it. */
export function acceptEvent(input: unknown, options: AcceptOptions): Checked<AcceptedEvent> {
  const parsed = parse(input, options);
  const problems = parsed.success ? [] : problemsOf(parsed.error);
  const { event, data, rooms: given } = partsOf(input, options);
  if (data !== undefined) problems.push(...contradictions(data));
  const resolved = typeof event === 'string' ? resolveName(event) : undefined;
  if (resolved === undefined || data === undefined) return { problems };

  const concerned = concernedBy(data);
  const rooms =
    given === undefined
      ? roomsByDefault(resolved.name, concerned, options)
      : { value: roomsAsGiven(resolved.name, given) };
  if ('problems' in rooms) {
    const alreadySaid = problems.some(({ path }) =>
      spellings.provider.some((key) => path === `/data/${key}`),
    );
    return { problems: alreadySaid ? problems : [...problems, ...rooms.problems] };
  }
  const sent = resolved.reason === undefined ? data : thinned(resolved.reason, data, concerned);
  if (options.maxDataBytes !== undefined) problems.push(...sizeProblem(sent, options.maxDataBytes));
  if (!parsed.success || problems.length > 0) return { problems };
  const { id, timestamp } = parsed.data;
  const what = { name: resolved.name, data: sent };
  const contents: Contents = {
    ...what,
    timestamp: timestamp ?? undefined,
    rooms: given ?? (rooms.value.includes(EVERYONE) ? 'everyone' : 'rule'),
  };
  return {
    value: { ...what, id: id?.toString(), timestamp: timestamp ?? options.now, rooms: rooms.value, contents },
  };
}

function parse(input: unknown, { withoutRooms }: AcceptOptions) {
  if (withoutRooms === 'everyone') return BroadcastInput.safeParse(input);
  return isGoodEvent(input) ? { success: true as const, data: input } : EventInput.safeParse(input);
}

/** All of them are taken or none, and every problem is listed with its index, until there are more than are listed. */
export function* acceptAll(
  inputs: readonly unknown[],
  acceptOne: (input: unknown) => Checked<AcceptedEvent>,
): Steps<Checked<readonly AcceptedEvent[]>> {
  if (inputs.length === 0 || inputs.length > MAX_EVENTS) {
    return {
      problems: [{ path: '', message: `expected 1 to ${MAX_EVENTS} events, found ${inputs.length}` }],
    };
  }
  const accepted: AcceptedEvent[] = [];
  const problems: Problem[] = [];
  for (const [index, input] of inputs.entries()) {
    yield;
    const one = acceptOne(input);
    if ('value' in one) accepted.push(one.value);
    else problems.push(...under(`/${index}`, one.problems));
    if (problems.length > MAX_PROBLEMS) break;
  }
  return problems.length > 0 ? { problems } : { value: accepted };
}

function roomsByDefault(name: EventName, concerned: Concerned, options: AcceptOptions): Checked<Address[]> {
  if (options.withoutRooms === 'everyone' && !isAppointmentEvent(name)) return { value: [EVERYONE] };
  const { providerId } = concerned;
  const known = providerId === undefined ? [] : (options.secretariesOf?.(providerId) ?? []);
  return roomsByRule(name, { ...concerned, secretaryIds: [...concerned.secretaryIds, ...known] });
}

/** `id` is that of an absence, which lives among the appointments; of the others it may be anything's. */
function thinned(reason: string, data: EventData, { appointmentId, providerId }: Concerned): EventData {
  const isAbsence = reason.startsWith('unavailability.');
  return syncData(reason, { appointmentId: isAbsence ? appointmentId : undefined, providerId }, data);
}

/** The sender's own values: the schema's output would hold transformed ids, and `data` passes unchanged. */
function partsOf(input: unknown, { withoutRooms }: AcceptOptions) {
  const { event, data, rooms } = isRecord(input) ? input : {};
  return { event, data: isRecord(data) ? data : undefined, rooms: roomsIn(rooms, withoutRooms) };
}

/** `undefined` where the rule decides. What is no list of rooms was meant to be one: the schema has said so. */
function roomsIn(rooms: unknown, withoutRooms: AcceptOptions['withoutRooms']): Room[] | undefined {
  if (rooms === undefined || rooms === null) return undefined;
  if (!Array.isArray(rooms)) return [];
  return rooms.length === 0 && withoutRooms === 'everyone' ? undefined : (rooms as Room[]);
}
