import type { EventData } from '../../../../shared/contract/event.ts';
import { personalRoom, type Address, type Room } from '../../../../shared/contract/routing.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import { concernedBy, firstId } from '../../accept/event-data.ts';
import { appointmentRooms } from '../../accept/rooms-of.ts';
import type { AppointmentRow } from './columns.ts';
import type { NamedKind } from './entries.ts';
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
export function eventsOf(notices: Notice, stamp: Stamp, directory: Directory): AcceptedEvent[] {
  const id = stamp.id === undefined ? undefined : idOfTie(stamp.id, notices.tie) + suffixOf(notices);
  const base = { id, timestamp: stamp.timestamp };
  if (notices.kind === 'sync') {
    return [
      { ...base, name: 'calendar.sync', data: thinData(notices, directory), rooms: roomsOfSync(notices) },
    ];
  }
  const { hash, ...row } = notices.row;
  const data = {
    ...row,
    ...reasonOf(notices),
    ...previousOf(notices.before, directory),
    ...knownOf(row, directory),
  };
  const rooms = roomsOf(notices, directory);
  if (rooms.length === 0) return [];
  if (notices.audience === 'customer') {
    return [{ ...base, name: notices.name, data: { ...data, ...present({ hash }) }, rooms, ...AS_COPY }];
  }
  const isCopy = notices.part?.who === 'joining';
  const event = { ...base, name: notices.name, data, rooms, ...(isCopy && AS_COPY) };
  return withHashForCustomer(event, hash, row.id_users_customer ?? undefined);
}

/**
 * An appointment's event whose `data` has no hash, and where there is one to give, the same for the customer alone, with it:
 * it lets its holder cancel and move the appointment.
 */
export function withHashForCustomer(
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
function suffixOf(notices: Notice): string {
  if (notices.isOneOfMany === true) return `:${notices.kind === 'sync' ? notices.id : notices.row.id}`;
  if (notices.kind === 'sync') return '';
  if (notices.audience === 'customer') return ':customer';
  if (notices.part?.who === 'leaving') return ':reassigned';
  if (notices.part?.who === 'joining') return ':assigned';
  return '';
}

/** When an absence of the fork's own call is, as of a webhook: with the offset of its provider where that is known. */
export function withOffset(data: EventData, directory: Directory): EventData {
  const { start, end, ...rest } = data;
  const { providerId } = concernedBy(data);
  const slot = { start: textOf(start), end: textOf(end) };
  if (providerId === undefined || !isWallClock(slot.start ?? slot.end)) return data;
  return { ...rest, ...slotOf(slot, directory.zoneOf(providerId)) };
}

/** What is known of somebody else's appointment data: names, and its times with the provider's zone. Nothing is overwritten. */
export function withKnown(data: EventData, directory: Directory): EventData {
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
  row: {
    readonly id_users_provider?: number | undefined;
    readonly id_users_customer?: number | null | undefined;
    readonly id_services?: number | null | undefined;
    readonly start_datetime?: string | null | undefined;
    readonly end_datetime?: string | null | undefined;
  },
  directory: Directory,
): EventData {
  const { id_users_provider: provider, id_users_customer: customer, id_services: service } = row;
  const slot = { start: row.start_datetime, end: row.end_datetime };
  return present({
    ...slotOf(slot, provider === undefined ? undefined : directory.zoneOf(provider)),
    service_name: nameOf('service', service, directory),
    customer_name: nameOf('customer', customer, directory),
    provider_name: nameOf('provider', provider, directory),
  });
}

function roomsOfSync({ provider, secretary }: Extract<Notice, { kind: 'sync' }>): Room[] {
  if (secretary !== undefined) return [personalRoom('secretary', secretary)];
  return ['calendar', ...(provider === undefined ? [] : [personalRoom('provider', provider)]), 'admin'];
}

function roomsOf(notices: Extract<Notice, { kind: 'appointment' }>, directory: Directory): Address[] {
  const { row, part, audience } = notices;
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

function thinData(notices: Extract<Notice, { kind: 'sync' }>, directory: Directory): EventData {
  const { reason, id, provider, start, end, before } = notices;
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

function reasonOf({ reason }: { readonly reason?: string }): EventData {
  return reason === undefined ? {} : { reason };
}

function nameOf(kind: NamedKind, id: number | null | undefined, directory: Directory): string | undefined {
  return id === null || id === undefined ? undefined : directory.nameOf(kind, id);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function present(data: Readonly<Record<string, unknown>>): EventData {
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => value !== undefined && value !== null),
  );
}
