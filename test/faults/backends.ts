import { InboxEntrance } from './entrances.ts';
import type { Ledger } from './ledger.ts';
import { createAppointment, type Crowd } from './population.ts';
import { Publisher, type Entrance } from './publisher.ts';
import type { Random } from './random.ts';

export interface BackendLoad {
  readonly httpPublishers: number;
  readonly inboxPublishers: number;
  readonly appointmentsEach: number;
  /** Events a second and publisher. */
  readonly rate: number;
  /** How often an event is said again after it was taken. */
  readonly repeats?: number;
  /** Bytes that each event carries besides its fields. */
  readonly notesBytes?: number;
  /** Instead of a few people. */
  readonly crowd?: Crowd;
}

interface World {
  readonly ledger: Ledger;
  readonly random: Random;
  /** Of the broker. */
  readonly urls: readonly string[];
  readonly http: (firstTurn: number) => Entrance;
}

/** Backends that say what becomes of their appointments, each by one entrance. */
export function createPublishers(
  load: BackendLoad,
  { ledger, random, urls, http }: World,
): readonly Publisher[] {
  const { httpPublishers, inboxPublishers, appointmentsEach, rate, crowd } = load;
  const { repeats = 0, notesBytes = 0 } = load;
  let appointmentId = 0;
  return Array.from({ length: httpPublishers + inboxPublishers }, (_, index) => {
    const appointments = Array.from({ length: appointmentsEach }, () =>
      createAppointment((appointmentId += 1), random, crowd),
    );
    const byHttp = index < httpPublishers;
    const entrance = byHttp ? http(index) : new InboxEntrance(urls);
    const name = `${byHttp ? 'http' : 'inbox'}-${index}`;
    const manner = { rate, repeats, notesBytes };
    return new Publisher(name, entrance, appointments, ledger, random.fork(), manner);
  });
}
