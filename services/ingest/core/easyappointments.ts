import type { EventData, EventName } from '../../../shared/contract/event.ts';
import { personalRoom } from '../../../shared/contract/routing.ts';
import { acceptEvent, type AcceptedEvent, type AcceptOptions } from './accept.ts';
import { concernedBy, slotOf } from './event-data.ts';
import { problemsOf, renamed, type Checked } from './problems.ts';
import { WebhookInput } from './schemas.ts';

/** What a webhook of upstream Easy!Appointments means to us. */
export interface AcceptedWebhook {
  readonly events: readonly AcceptedEvent[];
  /** Whether the action is one that upstream is known to send. */
  readonly known: boolean;
}

/** Columns of an appointment that clients may see: not `hash` (whoever has it can cancel), no calendar ids. */
const PUBLIC_COLUMNS = [
  'id',
  'start_datetime',
  'end_datetime',
  'book_datetime',
  'create_datetime',
  'update_datetime',
  'location',
  'meeting_link',
  'notes',
  'color',
  'status',
  'is_unavailability',
  'id_users_provider',
  'id_users_customer',
  'id_services',
] as const;

/** Statuses are free text of the operator; these two are upstream's own words for it. */
const CANCELLED_STATUSES: ReadonlySet<string> = new Set(['cancelled', 'canceled']);

/** Actions that move nobody's appointment: accepted, because upstream sends all that its webhook row asks for. */
const SILENT_ACTIONS: ReadonlySet<string> = new Set(
  ['customer', 'service', 'service_category', 'provider', 'secretary', 'admin'].flatMap((kind) => [
    `${kind}_save`,
    `${kind}_delete`,
  ]),
);

/** The webhook gives its events no id, and two saves within a second differ in nothing: each is a new event. */
export function acceptWebhook(input: unknown, options: AcceptOptions): Checked<AcceptedWebhook> {
  const parsed = WebhookInput.safeParse(input);
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const { action, payload } = parsed.data;
  const [, kind, verb] = /^(appointment|unavailability|blocked_period)_(save|delete)$/.exec(action) ?? [];
  if (kind === undefined || verb === undefined) {
    return { value: { events: [], known: SILENT_ACTIONS.has(action) } };
  }
  const { event, rooms, shown } = meaningOf(kind, verb, payload);
  const checked = acceptEvent({ event, data: payload, rooms }, options);
  if ('problems' in checked) return { problems: renamed(checked.problems, { '/data': '/payload' }) };
  return { value: { events: [{ ...checked.value, data: shown }], known: true } };
}

interface Meaning {
  readonly event: EventName;
  /** Instead of those of the rule. */
  readonly rooms?: readonly string[];
  /** What clients see of the payload. */
  readonly shown: EventData;
}

function meaningOf(kind: string, verb: string, payload: EventData): Meaning {
  const past = verb === 'save' ? 'saved' : 'deleted';
  if (kind === 'blocked_period') {
    const shown = { reason: `blocked_period.${past}`, ...slotOf(payload) };
    return { event: 'calendar.sync', rooms: ['calendar', 'admin'], shown };
  }
  if (kind === 'unavailability' || isTrue(payload['is_unavailability'])) return absence(past, payload);
  const columns = PUBLIC_COLUMNS.filter((column) => Object.hasOwn(payload, column));
  const shown = Object.fromEntries(columns.map((column) => [column, payload[column]]));
  return { event: verb === 'delete' ? 'appointment.cancelled' : savedAs(payload), shown };
}

/** Upstream does not say whether a save is the first: on an insert its two clocks are read in the same second. */
function savedAs({ status, create_datetime: created, update_datetime: updated }: EventData): EventName {
  if (typeof status === 'string' && CANCELLED_STATUSES.has(status.trim().toLowerCase()))
    return 'appointment.cancelled';
  return created === updated ? 'appointment.created' : 'appointment.updated';
}

/** The slot, and nothing of why somebody is away. */
function absence(past: string, payload: EventData): Meaning {
  const { appointmentId, providerId } = concernedBy(payload);
  const shown = {
    reason: `unavailability.${past}`,
    ...(appointmentId !== undefined && { appointment_id: appointmentId }),
    ...(providerId !== undefined && { provider_id: providerId }),
    ...slotOf(payload),
  };
  const provider = providerId === undefined ? [] : [personalRoom('provider', providerId)];
  return { event: 'calendar.sync', rooms: ['calendar', ...provider, 'admin'], shown };
}

/** Upstream casts unevenly: booleans arrive as booleans, numbers or strings. */
function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === '1';
}
