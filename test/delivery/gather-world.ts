import { CalendarGather } from '../../services/delivery/stream/calendar-gather.ts';
import { FanOut } from '../../services/delivery/stream/fan-out.ts';
import { Feed, type Subscriber } from '../../services/delivery/stream/feed.ts';
import { RoomIndex } from '../../services/delivery/stream/room-index.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import type { EventEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import { FakeOutlet, kept, nameIn, NOON } from './fakes.ts';

export const WINDOW_MS = 50;

export class Member implements Subscriber {
  readonly outlet = new FakeOutlet();
  readonly feed = new Feed(this.outlet, 1_000_000, () => undefined);
  /** What it got, with what else was said to it in between. */
  readonly got: string[] = [];
  lastPosition = -1;
  #read = 0;

  /** Of the frames that came since the last call. */
  note(other?: string): void {
    for (const form of this.outlet.frames.slice(this.#read))
      this.got.push(`${form.cursor} ${String(nameIn(form))}`);
    this.#read = this.outlet.frames.length;
    if (other !== undefined) this.got.push(other);
  }
}

/** An instance whose windows end when the test says so. */
export class World {
  readonly timeline = new Timeline(10_000_000);
  readonly index = new RoomIndex<Subscriber>();
  readonly ends: (() => void)[] = [];
  readonly gather: CalendarGather;
  readonly #fanOut: FanOut;

  /** How long each window was to last. */
  readonly lastedMs: number[] = [];

  constructor(ms = WINDOW_MS, sessions = 1) {
    this.gather = new CalendarGather(this.index, { ms, sessions }, (windowMs, callback) => {
      this.lastedMs.push(windowMs);
      this.ends.push(callback);
    });
    this.#fanOut = new FanOut(this.timeline, this.index, new ExpiringMap(100, 1_000), this.gather);
  }

  async join(...rooms: Address[]): Promise<Member> {
    const member = new Member();
    await member.feed.goLive(new Set());
    for (const room of rooms) this.index.join(room, member, this.timeline.next);
    return member;
  }

  deliver(entry: EventEntry, before?: number): number | undefined {
    return this.#fanOut.deliver(kept(entry), NOON, before);
  }

  endWindow(): void {
    for (const end of this.ends.splice(0)) end();
  }
}
