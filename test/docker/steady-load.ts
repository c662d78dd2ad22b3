import { setTimeout as delay } from 'node:timers/promises';
import type { Appointment } from '../faults/population.ts';
import type { Publisher } from '../faults/publisher.ts';

/**
 * Events that a backend sends at once. The others wait in its outbox: if each were tried again on its own, those of a
 * minute without a broker would be thousands of requests a second, until the engine had no descriptor left for a
 * connection.
 */
const AT_ONCE = 16;

/** So many events a second fall due whatever the system does; what could not be sent in time is sent later. */
export class SteadyLoad {
  #stopped = false;
  #done: Promise<void> = Promise.resolve();
  /** Events that wait for one of those under way. */
  #due = 0;
  readonly #idle: Appointment[];
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly publisher: Publisher,
    /** More than `AT_ONCE`, for the events of one come one after the other. */
    appointments: readonly Appointment[],
    private readonly perSecond: number,
  ) {
    this.#idle = [...appointments];
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Sends nothing new; resolves when everything that was sent has been accepted. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    await Promise.all(this.#underWay);
  }

  async #run(): Promise<void> {
    for (let nextMs = performance.now(); !this.#stopped; nextMs += 1_000 / this.perSecond) {
      await delay(Math.max(0, nextMs - performance.now()));
      this.#due += 1;
      this.#sendDue();
    }
  }

  #sendDue(): void {
    while (!this.#stopped && this.#due > 0 && this.#underWay.size < AT_ONCE) {
      const appointment = this.#idle.shift();
      if (appointment === undefined) return;
      this.#due -= 1;
      this.#send(appointment);
    }
  }

  #send(appointment: Appointment): void {
    const sending = this.publisher.say(appointment).finally(() => {
      this.#underWay.delete(sending);
      this.#idle.push(appointment);
      this.#sendDue();
    });
    this.#underWay.add(sending);
  }
}
