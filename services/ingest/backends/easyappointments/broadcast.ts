import { z } from 'zod';
import { eventNames, isAppointmentEvent } from '../../../../shared/contract/event.ts';
import { EVERYONE, parseRoom, type Room } from '../../../../shared/contract/routing.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import { parseJson } from '../../accept/json.ts';
import { withoutSecretKeys } from '../../accept/secret-keys.ts';
import { APPOINTMENT_SECRETS, AppointmentRow, AppointmentRowWithHash } from './columns.ts';
import { enriched, idOfTie } from './compose.ts';
import { decide } from './decide.ts';
import { rowOf, type DecisionContext, type Effects, type Notice, type Told } from './notice.ts';
import type { AppointmentRecord } from './entries.ts';
import type { Ledger } from './ledger.ts';
import { isOfCustomer, isQuiet } from './quiet.ts';
import type { Broadcast } from './webhook.ts';

/** With the columns that a row of the table has, and a backend's own words do not. */
const Body = z.object({
  event: z.string(),
  data: z.looseObject({ create_datetime: z.string(), start_datetime: z.string(), end_datetime: z.string() }),
});

/**
 * What waits in the inbox: an event as any backend may put it there, so that an instance of before 0.5 announces it, and
 * beside it what the ledger is told.
 */
const Waiting = z.object({
  event: z.enum(eventNames),
  data: z.record(z.string(), z.unknown()),
  rooms: z.array(z.custom<Room>((room) => parseRoom(room) !== undefined)).min(1),
  timestamp: z.string(),
  verb: z.enum(['save', 'delete']),
  row: AppointmentRowWithHash,
});

/** `undefined` where the ledger has nothing to learn: not a whole row of an appointment or absence, or for everyone. */
export function broadcastIn(
  event: AcceptedEvent,
  body: Uint8Array,
  { keepHash }: { readonly keepHash: boolean },
): Buffer | undefined {
  if (event.id !== undefined || event.rooms.length === 0 || event.rooms.includes(EVERYONE)) return undefined;
  const json = parseJson(body, { inexact: 'mend' });
  const given = 'problems' in json ? undefined : Body.safeParse(json.value).data;
  const row = (keepHash ? AppointmentRowWithHash : AppointmentRow).safeParse(given?.data);
  if (given === undefined || !row.success) return undefined;
  const isAbsence = given.event.startsWith('unavailability');
  if (!isAbsence && !isAppointmentEvent(event.name)) return undefined;
  const waiting: z.input<typeof Waiting> = {
    event: event.name,
    data: withoutSecretKeys(event.data, APPOINTMENT_SECRETS),
    rooms: event.rooms.filter((room) => room !== EVERYONE),
    timestamp: event.timestamp,
    verb: /delete|cancel/.test(given.event) ? 'delete' : 'save',
    row: { ...row.data, is_unavailability: isAbsence },
  };
  return Buffer.from(JSON.stringify(waiting));
}

export function readBroadcast(value: unknown, id: string | undefined): Broadcast | undefined {
  const parsed = Waiting.safeParse(value);
  if (!parsed.success) return undefined;
  const { event: name, data, rooms, timestamp, verb, row } = parsed.data;
  return { kind: 'broadcast', verb, row, event: { id, name, data, timestamp, rooms } };
}

/**
 * Passed on as it came, unless a webhook or a reconciliation told the same already. Those who lose the appointment by it,
 * whom the fork does not name, are told as by a webhook.
 */
export function effectsOfBroadcast(
  { verb, row, event }: Broadcast,
  ledger: Ledger,
  context: DecisionContext,
): Effects {
  const known = ledger.get('appointment', row.id);
  const told = { ...context, verb, row };
  const { notices, record, isOfAnotherRow } = decide(known, told);
  if (isOfAnotherRow) return { notices: [], proposals: [], isOfAnotherRow };
  const proposals = record === undefined ? [] : [{ kind: 'appointment', id: row.id, record } as const];
  const isOutdated = verb === 'save' && record === undefined;
  if (known !== undefined && (isOutdated || isKnown(known, told))) return { notices: [], proposals };
  // Nobody need hear that it is off of one that is over, or again after its status said so; calendars learn of the slot.
  const isOff = record !== undefined && record.state !== 'booked' && row.is_unavailability !== true;
  if (isOff && notices.every(({ kind }) => kind === 'sync')) return { notices, proposals };
  const whole = {
    ...event,
    ...asDecided(event, notices),
    id: event.id && idOfTie(event.id, notices[0]?.tie),
  };
  const data = { ...whole.data, ...(row.hash !== undefined && { hash: row.hash }) };
  const forOthers = known?.quiet === true || isQuiet(told);
  const rooms = forOthers ? event.rooms.filter((room) => !isOfCustomer(room)) : event.rooms;
  return {
    notices: notices.filter(isOfOthers),
    proposals,
    passedOn: (directory) =>
      rooms.length === 0 ? [] : enriched({ ...whole, data, rooms }, directory, context),
  };
}

/** The fork calls every change of a row an update: that one is off, or on again, is told as by its webhook. */
function asDecided(
  { name, data }: AcceptedEvent,
  notices: readonly Notice[],
): Pick<AcceptedEvent, 'name' | 'data'> {
  const own = notices.find((one) => one.kind === 'appointment' && !isOfOthers(one));
  if (own?.kind !== 'appointment') return { name, data };
  if (own.name === 'appointment.cancelled') return { name: own.name, data };
  if (own.reason !== 'restored') return { name, data };
  return { name: own.name, data: { ...data, reason: own.reason } };
}

/** Whether it is for those whom the fork does not name. */
function isOfOthers(one: Notice): boolean {
  return one.kind === 'appointment' && (one.part?.who === 'leaving' || one.audience === 'customer');
}

function isKnown(known: AppointmentRecord, told: Told): boolean {
  if (told.verb === 'save') {
    const before = decide(known, { ...told, observed: { isNew: false } });
    return before.notices.length === 0 && known.state !== 'deleted';
  }
  const { row } = told;
  const was = rowOf(row.id, known);
  const columns = ['id_users_provider', 'id_users_customer', 'start_datetime', 'end_datetime'] as const;
  return (
    known.state === 'deleted' && columns.every((column) => (was[column] ?? null) === (row[column] ?? null))
  );
}
