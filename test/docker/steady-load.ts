import { setTimeout as delay } from 'node:timers/promises';
import type { Appointment } from '../faults/population.ts';
import type { Publisher } from '../faults/publisher.ts';

/**
 * So many events a second whatever the system does: while it is slow or away, the next are sent all the same. Only
 * the events of one appointment wait for one another.
 */
export class SteadyLoad {
  /** Times at which every appointment still had an event under way. */
  skipped = 0;
  #stopped = false;
  #done: Promise<void> = Promise.resolve();
  readonly #idle: Appointment[];
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly publisher: Publisher,
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
      const appointment = this.#idle.shift();
      if (appointment === undefined) this.skipped += 1;
      else this.#send(appointment);
    }
  }

  #send(appointment: Appointment): void {
    const sending = this.publisher.say(appointment).finally(() => {
      this.#underWay.delete(sending);
      this.#idle.push(appointment);
    });
    this.#underWay.add(sending);
  }
}
