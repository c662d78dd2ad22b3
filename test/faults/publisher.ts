import { setTimeout as delay } from 'node:timers/promises';
import type { Fact, Ledger } from './ledger.ts';
import { roomsOfAppointment, type Appointment } from './population.ts';
import type { Random } from './random.ts';

/** One way to hand an event over: `true` only when it was taken for sure. */
export interface Entrance {
  readonly kind: Fact['entrance'];
  offer(fact: Pick<Fact, 'id'>, body: object): Promise<boolean>;
  close(): Promise<void>;
}

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 1_500;
const NAMES = ['appointment.updated', 'appointment_updated', 'appointment.created'] as const;

/** Of one event, where it is not drawn. */
interface More {
  readonly name?: 'calendar.sync' | (typeof NAMES)[number];
  readonly notes?: string | undefined;
  readonly rooms?: readonly string[] | undefined;
}

interface Manner {
  /** Events a second; fewer when the system takes longer. */
  readonly rate: number;
  /** How often each is said again. */
  readonly repeats: number;
  /** What each carries besides its fields. */
  readonly notesBytes?: number;
}

/**
 * A backend that says what happens to its appointments, one event after the other: the next only when the one
 * before it was taken, and the same id again until it is. So each appointment has one true order.
 */
export class Publisher {
  #stopped = false;
  #done: Promise<void> = Promise.resolve();
  #trying: Fact | undefined;

  constructor(
    readonly name: string,
    private readonly entrance: Entrance,
    private readonly appointments: readonly Appointment[],
    private readonly ledger: Ledger,
    private readonly random: Random,
    private readonly manner: Manner,
  ) {}

  start(): void {
    this.#done = this.#run();
  }

  /** Sees the present event through; resolves when it was taken. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    await this.entrance.close();
  }

  /** What it cannot get accepted at present. */
  get trying(): string {
    const fact = this.#trying;
    return fact === undefined ? 'nothing' : `${fact.id} (${fact.tries} tries)`;
  }

  /** Sends one event of an appointment until it is taken; `notes` make it as large as wanted. */
  async say(appointment: Appointment, { name = this.random.pick(NAMES), notes, rooms }: More = {}) {
    const { start } = appointment;
    const isOver = start !== undefined && Date.parse(start) <= Date.now();
    const fact = this.ledger.draft({
      appointment: appointment.id,
      entrance: this.entrance.kind,
      rooms: rooms ?? roomsOfAppointment(appointment),
      hasCompanion: name !== 'calendar.sync',
      wakes: name !== 'calendar.sync' && !isOver,
    });
    const body = {
      event: name,
      id: fact.id,
      data: {
        id: appointment.id,
        provider_id: appointment.providerId,
        customer_id: appointment.customerId,
        secretary_ids: appointment.secretaryIds,
        version: fact.version,
        ...(start === undefined ? {} : { start }),
        ...(notes === undefined ? {} : { notes }),
      },
      ...(rooms === undefined ? {} : { rooms }),
    };
    this.#trying = fact;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2)) {
      fact.tries += 1;
      fact.firstTriedMs ??= performance.now();
      if (await this.entrance.offer(fact, body)) break;
      await delay(this.random.between(backoffMs / 2, backoffMs));
    }
    fact.acceptedMs = performance.now();
    for (let again = 0; again < this.manner.repeats; again += 1) await this.entrance.offer(fact, body);
    this.#trying = undefined;
  }

  async #run(): Promise<void> {
    const notes = 'n'.repeat(this.manner.notesBytes ?? 0);
    while (!this.#stopped) {
      const nextMs = performance.now() + (1_000 / this.manner.rate) * this.random.between(0.5, 1.5);
      await this.say(this.random.pick(this.appointments), notes === '' ? {} : { notes });
      await delay(Math.max(0, nextMs - performance.now()));
    }
  }
}
