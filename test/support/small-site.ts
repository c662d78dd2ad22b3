import { acceptEvent } from '../../services/ingest/accept/accept.ts';
import { broadcastIn, readBroadcast } from '../../services/ingest/backends/easyappointments/broadcast.ts';
import type { Change } from '../../services/ingest/backends/easyappointments/webhook.ts';
import type { WebhookBody } from './test-decider.ts';

type Row = Readonly<Record<string, unknown>>;
export type PersonKind = 'provider' | 'customer';

/** Something that happens in Easy!Appointments. */
export type SiteChange =
  | {
      readonly kind: 'save';
      readonly id: number;
      readonly start: string;
      readonly provider: number;
      readonly customer: number;
      readonly status: string;
      readonly notes: string;
      /** What the booking page writes over the customer's name, and tells nobody. */
      readonly renames: string | undefined;
    }
  | { readonly kind: 'delete'; readonly id: number }
  | {
      readonly kind: 'person';
      readonly role: PersonKind;
      readonly id: number;
      readonly name: string;
      readonly zone: string;
      /** Whether a webhook says so: none does of an Account page. */
      readonly isTold: boolean;
    }
  | { readonly kind: 'service'; readonly name: string }
  /** Appointments go with them. */
  | { readonly kind: 'remove'; readonly role: PersonKind; readonly id: number };

interface Appointment {
  readonly id: number;
  readonly start: string;
  readonly provider: number;
  readonly customer: number;
  readonly status: string;
  readonly notes: string;
  readonly created: string;
  readonly updated: string;
}

interface Person {
  readonly name: string;
  readonly zone: string;
  readonly updated: string;
}

const SERVICE = 1;
const SECRETARY = { id: 5, providers: [4] };
/** In winter, when all of the test's appointments are. */
const OFFSETS: Readonly<Record<string, string>> = { 'Europe/Berlin': '+01:00', 'Europe/London': '+00:00' };

/** The database of a small Easy!Appointments: what its webhooks say, its REST API answers, and phones ought to show. */
export class SmallSite {
  readonly #appointments = new Map<number, Appointment>();
  readonly #deleted = new Set<number>();
  readonly #people: Readonly<Record<PersonKind, Map<number, Person>>>;
  #service: { readonly name: string; readonly updated: string };

  constructor(private readonly clock: () => number) {
    const person = (name: string) => ({ name, zone: 'Europe/Berlin', updated: this.#now() });
    this.#people = {
      provider: new Map([2, 4].map((id) => [id, person(`Provider ${id}`)])),
      customer: new Map([6, 7].map((id) => [id, person(`Customer ${id}`)])),
    };
    this.#service = { name: 'Visit', updated: this.#now() };
  }

  /** `Y-m-d H:i:s`. */
  #now(): string {
    return new Date(this.clock()).toISOString().slice(0, 19).replace('T', ' ');
  }

  /** Does it, and returns the webhooks that tell of it. */
  change(change: SiteChange): readonly WebhookBody[] {
    switch (change.kind) {
      case 'save':
        return this.#save(change);
      case 'delete': {
        const before = this.#appointments.get(change.id);
        if (before === undefined) return [];
        this.#drop(change.id);
        return [{ action: 'appointment_delete', payload: this.#columns(before) }];
      }
      case 'person': {
        const { role, id, name, zone, isTold } = change;
        if (!this.#people[role].has(id)) return [];
        this.#people[role].set(id, { name, zone, updated: this.#now() });
        return isTold ? [this.#webhookOf(role, id, 'save')] : [];
      }
      case 'service':
        this.#service = { name: change.name, updated: this.#now() };
        return [{ action: 'service_save', payload: this.#serviceColumns() }];
      case 'remove': {
        const { role, id } = change;
        if (!this.#people[role].has(id)) return [];
        const webhook = this.#webhookOf(role, id, 'delete');
        this.#people[role].delete(id);
        for (const one of this.#appointments.values()) if (one[role] === id) this.#drop(one.id);
        return [webhook];
      }
    }
  }

  /** The last save of each person and of the service, as its webhook. */
  peopleAndServices(): readonly WebhookBody[] {
    const people = (['provider', 'customer'] as const).flatMap((role) =>
      [...this.#people[role].keys()].map((id) => this.#webhookOf(role, id, 'save')),
    );
    return [...people, { action: 'service_save', payload: this.#serviceColumns() }];
  }

  /** The save of the one that there is. */
  secretary(): WebhookBody {
    return {
      action: 'secretary_save',
      payload: { ...SECRETARY, first_name: 'Ravi', update_datetime: this.#now() },
    };
  }

  /** The rows of a resource, as the REST API gives them. */
  rest(resource: string): readonly Row[] {
    switch (resource) {
      case 'appointments':
        return [...this.#appointments.values()].map((one) => ({
          ...{ id: one.id, book: one.created, start: one.start, end: endOf(one), status: one.status },
          ...{ notes: one.notes, providerId: one.provider, customerId: one.customer, serviceId: SERVICE },
        }));
      case 'providers':
      case 'customers':
        return [...this.#people[resource === 'providers' ? 'provider' : 'customer']].map(
          ([id, { name, zone }]) => ({ id, firstName: name, lastName: '', timezone: zone }),
        );
      case 'secretaries':
        return [{ ...SECRETARY, firstName: 'Ravi', lastName: '', timezone: 'Europe/Berlin' }];
      case 'services':
        return [{ id: SERVICE, name: this.#service.name }];
      default:
        return [];
    }
  }

  /** By room and appointment. */
  shown(): Record<string, Record<string, unknown>> {
    const rooms: Record<string, Record<string, unknown>> = {};
    for (const one of this.#appointments.values()) {
      if (one.status === 'Cancelled') continue;
      const zone = this.#people.provider.get(one.provider)?.zone ?? '';
      const shown = {
        ...{ start: `${one.start.replace(' ', 'T')}${OFFSETS[zone]}`, status: one.status, notes: one.notes },
        provider_name: this.#people.provider.get(one.provider)?.name,
        customer_name: this.#people.customer.get(one.customer)?.name,
        service_name: this.#service.name,
      };
      const secretary = SECRETARY.providers.includes(one.provider) ? [`secretary_${SECRETARY.id}`] : [];
      const customer = one.status === 'Draft' ? [] : [`customer_${one.customer}`];
      for (const room of ['admin', `provider_${one.provider}`, ...customer, ...secretary])
        rooms[room] = { ...rooms[room], [one.id]: shown };
    }
    return rooms;
  }

  #save({ id, renames, ...columns }: Extract<SiteChange, { kind: 'save' }>): readonly WebhookBody[] {
    const { provider, customer } = columns;
    if (this.#deleted.has(id) || !this.#people.provider.has(provider)) return [];
    const { name, zone } = this.#people.customer.get(customer) ?? {};
    if (name === undefined || zone === undefined) return [];
    const updated = this.#now();
    this.#people.customer.set(customer, { name: renames ?? name, zone, updated });
    const created = this.#appointments.get(id)?.created ?? updated;
    const { start, status, notes } = columns;
    const row = { id, start, provider, customer, status, notes, created, updated };
    this.#appointments.set(id, row);
    return [{ action: 'appointment_save', payload: this.#columns(row) }];
  }

  #drop(id: number): void {
    this.#appointments.delete(id);
    this.#deleted.add(id);
  }

  #columns(row: Appointment): Row {
    return {
      ...{ id: row.id, start_datetime: row.start, end_datetime: endOf(row), status: row.status },
      ...{ notes: row.notes, is_unavailability: false },
      ...{ id_users_provider: row.provider, id_users_customer: row.customer, id_services: SERVICE },
      ...{ create_datetime: row.created, book_datetime: row.created, update_datetime: row.updated },
    };
  }

  #webhookOf(role: PersonKind, id: number, verb: 'save' | 'delete'): WebhookBody {
    const person = this.#people[role].get(id);
    const columns = { first_name: person?.name, last_name: '', timezone: person?.zone };
    return { action: `${role}_${verb}`, payload: { id, ...columns, update_datetime: person?.updated } };
  }

  #serviceColumns(): Row {
    return { id: SERVICE, name: this.#service.name, update_datetime: this.#service.updated };
  }
}

function endOf({ start }: Pick<Appointment, 'start'>): string {
  return start.replace(':00:00', ':45:00');
}

/** What the fork posts of it, as it waits in the inbox. */
export function broadcastOf({ action, payload }: WebhookBody): Change {
  const isNew = payload['create_datetime'] === payload['update_datetime'];
  const event = `appointment_${action === 'appointment_delete' ? 'deleted' : isNew ? 'created' : 'updated'}`;
  const { id_users_provider: provider, id_users_customer: customer } = payload;
  const rooms = ['calendar', 'admin', `provider_${String(provider)}`, `customer_${String(customer)}`];
  const call = { event, data: payload, rooms };
  const accepted = acceptEvent(call, { now: '2026-11-23T00:00:00Z', withoutRooms: 'everyone' });
  if ('problems' in accepted) throw new Error(JSON.stringify(accepted.problems));
  const body = broadcastIn(accepted.value, Buffer.from(JSON.stringify(call)), { keepHash: false });
  const read = body && readBroadcast(JSON.parse(body.toString()), undefined);
  if (read === undefined) throw new Error('not for the decider');
  return read;
}
