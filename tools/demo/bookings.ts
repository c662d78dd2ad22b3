import { z } from 'zod';

/** Whose calendar the page shows; the provider of the examples. */
export const PROVIDER_ID = 4;

const MINUTE_MS = 60_000;
const MAX_BOOKINGS = 500;

const Start = z.iso.datetime({ offset: true });
const Id = z.int().positive();
/** What the form of the backend asks for. */
export const Change = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('book'),
    customer: z.string().trim().min(1).max(60),
    start: Start,
    minutes: z.int().min(15).max(240),
  }),
  z.object({ do: z.literal('move'), id: Id, start: Start }),
  z.object({ do: z.literal('cancel'), id: Id }),
]);
export type Change = z.infer<typeof Change>;

export interface Booking {
  readonly id: number;
  readonly customer: string;
  readonly start: string;
  readonly end: string;
}

/** What a change comes to: the event to announce, and `keep`, for when that is done. */
export type Decision =
  | { readonly problem: string }
  | { readonly event: object; readonly booking: Booking; readonly keep: () => void };

/** The appointments of a backend as small as one can be. */
export class Bookings {
  readonly #kept = new Map<number, Booking>();
  #lastId: number;

  /** Ids go on from `firstId`: phones may remember those of an earlier run. */
  constructor(firstId: number) {
    this.#lastId = firstId - 1;
  }

  get all(): readonly Booking[] {
    return [...this.#kept.values()].sort((one, other) => Date.parse(one.start) - Date.parse(other.start));
  }

  decide(change: Change): Decision {
    if (change.do === 'book') {
      if (this.#kept.size >= MAX_BOOKINGS) return { problem: 'The calendar is full: cancel something.' };
      const { customer, start, minutes } = change;
      return this.#put('created', { id: this.#nextId(), customer, ...span(start, minutes * MINUTE_MS) });
    }
    const before = this.#kept.get(change.id);
    if (before === undefined) return { problem: 'That appointment is not there any more.' };
    if (change.do === 'move') {
      const lengthMs = Date.parse(before.end) - Date.parse(before.start);
      return this.#put('updated', { ...before, ...span(change.start, lengthMs) }, before);
    }
    return { event: eventOf('cancelled', before), booking: before, keep: () => this.#kept.delete(before.id) };
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #put(what: 'created' | 'updated', booking: Booking, before?: Booking): Decision {
    const other = this.all.find((one) => one.id !== booking.id && overlap(one, booking));
    if (other !== undefined) return { problem: `${other.customer} has that time already.` };
    const keep = () => this.#kept.set(booking.id, booking);
    return { event: eventOf(what, booking, before), booking, keep };
  }
}

/** As any backend would post it to `/v1/events`. */
function eventOf(what: 'created' | 'updated' | 'cancelled', booking: Booking, before?: Booking): object {
  const { id, customer, start, end } = booking;
  return {
    event: `appointment.${what}`,
    data: {
      id,
      provider_id: PROVIDER_ID,
      customer_name: customer,
      start,
      end,
      ...(before && { previous_start: before.start, previous_end: before.end }),
    },
  };
}

function span(start: string, lengthMs: number): { start: string; end: string } {
  const fromMs = Date.parse(start);
  return { start: new Date(fromMs).toISOString(), end: new Date(fromMs + lengthMs).toISOString() };
}

function overlap(one: Booking, other: Booking): boolean {
  return Date.parse(one.start) < Date.parse(other.end) && Date.parse(other.start) < Date.parse(one.end);
}
