import { z } from 'zod';
import { Cursor, cursorTimeMs } from '../../../shared/contract/cursor.ts';
import { LAST_MARK_HEADER, MARK_TYPE, READS_CALENDAR_SYNC } from '../../../shared/contract/message.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';

/** An instance marks every few seconds, a minute at most; one that is cut off comes back with what its queue held. */
export const GONE_AFTER_MS = 10 * 60 * 1000;

/** Of a delivery instance: those of ingest name nobody. */
const DeliveryMark = z.object({
  type: z.literal(MARK_TYPE),
  appId: z.string().min(1),
  headers: z.object({
    cursor: Cursor,
    reads: z.string().optional(),
    [LAST_MARK_HEADER]: z.string().optional(),
  }),
});

interface Delivery {
  readonly lastMarkMs: number;
  readonly isOlder: boolean;
}

/**
 * Which delivery instances are here, by the marks that each of them publishes into the history, where no instance that serves
 * somebody is without one. One that stops in order says so with its last mark; one that crashed or stands still counts as here
 * for a while, since nobody can tell the two apart.
 */
export class Deliveries {
  readonly #here = new Map<string, Delivery>();

  constructor(
    private readonly now: SteadyClock,
    private readonly wall: WallClock,
    private readonly logger: Logger,
  ) {}

  /** Takes the properties of any entry of the history. */
  note(properties: unknown): void {
    const mark = DeliveryMark.safeParse(properties).data;
    if (mark === undefined) return;
    const { appId: instance, headers } = mark;
    const ageMs = Math.max(0, unixMs(this.wall()) - cursorTimeMs(headers.cursor));
    if (headers[LAST_MARK_HEADER] !== undefined) this.#here.delete(instance);
    else if (ageMs < GONE_AFTER_MS) {
      const isOlder = headers.reads !== READS_CALENDAR_SYNC;
      if (isOlder && !this.#here.has(instance)) this.#sayOlder(instance);
      this.#here.set(instance, { lastMarkMs: this.now() - ageMs, isOlder });
    }
  }

  /** By their names. */
  names(): readonly string[] {
    this.#forgetGone();
    return [...this.#here.keys()].sort();
  }

  /**
   * Whether some are here that do not read a `calendar.sync` beside its event. They would give it to nobody, so it goes as a
   * message of its own until the last has been gone for a while.
   */
  olderAreHere(): boolean {
    this.#forgetGone();
    return [...this.#here.values()].some(({ isOlder }) => isOlder);
  }

  #forgetGone(): void {
    for (const [instance, { lastMarkMs }] of this.#here) {
      if (this.now() - lastMarkMs >= GONE_AFTER_MS) this.#here.delete(instance);
    }
  }

  #sayOlder(instance: string): void {
    this.logger.info(
      { delivery: instance },
      'a delivery instance of an older version is here: each calendar.sync goes as a message of its own',
    );
  }
}
