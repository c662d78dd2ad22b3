import { isAppointmentEvent, type EventData } from '../../../../shared/contract/event.ts';
import { personalRoom, type Address, type Room } from '../../../../shared/contract/routing.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import { concernedBy, firstId } from '../../accept/event-data.ts';
import { appointmentRooms } from '../../accept/rooms-of.ts';
import { withoutSecretKeys } from '../../accept/secret-keys.ts';
import { APPOINTMENT_SECRETS, type AppointmentRow } from './columns.ts';
import type { Directory } from './ledger.ts';
import type { Notice } from './notice.ts';
import { isOfCustomer } from './quiet.ts';
import { isWallClock, slotOf } from './local-time.ts';

export interface Stamp {
  /** Of the message that brought it, so that the same message makes the same ids; `undefined` gives fresh ones. */
  readonly id: string | undefined;
  /** RFC 3339. */
  readonly timestamp: string;
}

/** Tells a part of those concerned: calendars get theirs with what those are told who stay. */
const AS_COPY = { isCopy: true } as const;

/** The events of one notice: who gets it, and what they see. Mostly one; none if no room remains. */
export function eventsOf(notice: Notice, stamp: Stamp, directory: Directory): AcceptedEvent[] {
  const id = stamp.id === undefined ? undefined : idOfTie(stamp.id, notice.tie) + suffixOf(notice);
  const base = { id, timestamp: stamp.timestamp };
  if (notice.kind === 'sync') {
    const data = thinData(notice, directory);
    return [{ ...base, name: 'calendar.sync', data, rooms: roomsOfSync(notice) }];
  }
  const { hash, ...row } = notice.row;
  const data = {
    ...row,
    ...present({ reason: notice.reason }),
    ...previousOf(notice.before, directory),
    ...knownOf(row, directory),
  };
  const rooms = roomsOf(notice, directory);
  if (rooms.length === 0) return [];
  if (notice.audience === 'customer') {
    return [{ ...base, name: notice.name, data: { ...data, ...present({ hash }) }, rooms, ...AS_COPY }];
  }
  const isCopy = notice.part?.who === 'joining';
  const event = { ...base, name: notice.name, data, rooms, ...(isCopy && AS_COPY) };
  return withHashForCustomer(event, hash, row.id_users_customer ?? undefined);
}

/**
 * An appointment's event whose `data` has no hash, and where there is one to give, the same for the customer alone, with it:
 * it lets its holder cancel and move the appointment.
 */
function withHashForCustomer(
  event: AcceptedEvent,
  hash: unknown,
  customer: number | undefined,
): AcceptedEvent[] {
  if (typeof hash !== 'string' || hash === '' || customer === undefined) return [event];
  const own = personalRoom('customer', customer);
  if (!event.rooms.includes(own)) return [event];
  const id = event.id === undefined ? undefined : `${event.id}:customer`;
  const others = event.rooms.filter((room) => room !== own);
  return [
    ...(others.length > 0 ? [{ ...event, rooms: others }] : []),
    { ...event, id, data: { ...event.data, hash }, rooms: [own], isCopy: true },
  ];
}

/** A repeat of the older of two saves of one second is told after the newer one: clients would drop what has the same id. */
export function idOfTie(id: string, tie: number | undefined): string {
  return tie === undefined ? id : `${id}:tie-${tie}`;
}

/** Of one message several events may come: each has an id that the same message gives it again. */
function suffixOf(notice: Notice): string {
  if (notice.isOneOfMany === true) return `:${notice.kind === 'sync' ? notice.id : notice.row.id}`;
  if (notice.kind === 'sync') return '';
  if (notice.audience === 'customer') return ':customer';
  if (notice.part?.who === 'leaving') return ':reassigned';
  if (notice.part?.who === 'joining') return ':assigned';
  return '';
}

/**
 * What the fork's own call does not say: names, which its apps show, and the secretaries of the provider, whom it never
 * told. What it does say stays as it is, but for the secrets of the rows in it: with `keepHash` the customer gets their own hash.
 */
export function enriched(
  event: AcceptedEvent,
  directory: Directory,
  { keepHash }: { readonly keepHash: boolean },
): AcceptedEvent[] {
  if (!isAppointmentEvent(event.name))
    return [{ ...event, data: withOffset(withoutSecretKeys(event.data), directory) }];
  const { hash } = event.data;
  const data = withKnown(withoutSecretKeys(event.data, APPOINTMENT_SECRETS), directory);
  const known = { ...event, data, rooms: withSecretaries(event, directory) };
  return withHashForCustomer(known, keepHash ? hash : undefined, concernedBy(data).customerId);
}

function withSecretaries({ data, rooms }: AcceptedEvent, directory: Directory): readonly Address[] {
  const { providerId } = concernedBy(data);
  if (providerId === undefined || !rooms.includes(personalRoom('provider', providerId))) return rooms;
  const secretaries = directory.secretariesOf(providerId).map((id) => personalRoom('secretary', id));
  return [...new Set([...rooms, ...secretaries])];
}

/** When an absence of the fork's own call is, as of a webhook: with the offset of its provider where that is known. */
function withOffset(data: EventData, directory: Directory): EventData {
  const { start, end, ...rest } = data;
  const { providerId } = concernedBy(data);
  const slot = { start: textOf(start), end: textOf(end) };
  if (providerId === undefined || !isWallClock(slot.start ?? slot.end)) return data;
  return { ...rest, ...slotOf(slot, directory.zoneOf(providerId)) };
}

/** What is known of somebody else's appointment data: names, and its times with the provider's zone. Nothing is overwritten. */
function withKnown(data: EventData, directory: Directory): EventData {
  const { providerId, customerId } = concernedBy(data);
  const row = {
    id_users_provider: providerId,
    id_users_customer: customerId,
    id_services: firstId(data, ['service_id', 'serviceId', 'id_services']),
    start_datetime: textOf(data['start_datetime']),
    end_datetime: textOf(data['end_datetime']),
  };
  return { ...knownOf(row, directory), ...data };
}

function knownOf(
  row: Pick<AppointmentRow, 'id_users_customer' | 'id_services' | 'start_datetime' | 'end_datetime'> & {
    readonly id_users_provider: number | undefined;
  },
  directory: Directory,
): EventData {
  const { id_users_provider: provider, start_datetime: start, end_datetime: end } = row;
  return present({
    ...slotOf({ start, end }, provider === undefined ? undefined : directory.zoneOf(provider)),
    service_name: directory.nameOf('service', row.id_services),
    customer_name: directory.nameOf('customer', row.id_users_customer),
    provider_name: directory.nameOf('provider', provider),
  });
}

function roomsOfSync({ provider, secretary }: Extract<Notice, { kind: 'sync' }>): Room[] {
  if (secretary !== undefined) return [personalRoom('secretary', secretary)];
  return ['calendar', ...(provider === undefined ? [] : [personalRoom('provider', provider)]), 'admin'];
}

function roomsOf(notice: Extract<Notice, { kind: 'appointment' }>, directory: Directory): Address[] {
  const { row, part, audience } = notice;
  const rooms = roomsOfRow(row, directory).filter(
    (room) => audience === undefined || isOfCustomer(room) === (audience === 'customer'),
  );
  if (part === undefined) return rooms;
  const others = roomsOfRow(part.other, directory);
  return rooms.filter((room) => others.includes(room) === (part.who === 'staying'));
}

function roomsOfRow(
  { id_users_provider: provider, id_users_customer: customer }: AppointmentRow,
  directory: Directory,
) {
  return appointmentRooms(provider, customer ?? undefined, directory.secretariesOf(provider));
}

function thinData(notice: Extract<Notice, { kind: 'sync' }>, directory: Directory): EventData {
  const { reason, id, provider, start, end, before } = notice;
  return present({
    reason,
    appointment_id: id,
    provider_id: provider,
    ...slotOf({ start, end }, directory.zoneOf(provider)),
    ...previousOf(before, directory),
  });
}

function previousOf(before: Notice['before'], directory: Directory): EventData {
  if (before === undefined) return {};
  const zone = before.zone === undefined ? directory.zoneOf(before.provider) : before.zone;
  const slot = Object.entries(slotOf(before, zone));
  return {
    ...Object.fromEntries(slot.map(([key, time]) => [`previous_${key}`, time])),
    previous_provider_id: before.provider,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function present(data: Readonly<Record<string, unknown>>): EventData {
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => value !== undefined && value !== null),
  );
}
