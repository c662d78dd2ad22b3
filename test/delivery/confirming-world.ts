import { Confirmations } from '../../services/delivery/receipts/confirmations.ts';
import type { TimelineEntry } from '../../services/delivery/stream/timeline.ts';
import { event, kept, NOON } from './fakes.ts';

export const LAZY_MS = 25_000;
export const SECOND = 1_000;

export const own = (id?: string) => kept(event(id === undefined ? {} : { id }));
export const sync = () => kept(event({ type: 'calendar.sync', rooms: ['calendar'] }));

/** The session of provider 4, which is live and has read everything. */
export class ConfirmingWorld {
  readonly reported: string[] = [];
  #asksSoon = 0;
  nowMs = NOON;
  readonly confirmations = new Confirmations({
    room: 'provider_4',
    readUpToMs: NOON,
    lazyAskMs: LAZY_MS,
    report: (stage, { id }) => this.reported.push(`${stage} ${id}`),
    askSoon: () => (this.#asksSoon += 1),
    now: () => this.nowMs,
  });

  static live(): ConfirmingWorld {
    const world = new ConfirmingWorld();
    world.confirmations.goLive(NOON);
    return world;
  }

  write(...entries: TimelineEntry[]): void {
    for (const entry of entries) this.confirmations.written(entry);
  }

  /** Since it was last asked. */
  isToAskSoon(): boolean {
    const times = this.#asksSoon;
    this.#asksSoon = 0;
    return times > 0;
  }

  told(): string[] {
    return this.reported.splice(0);
  }
}
