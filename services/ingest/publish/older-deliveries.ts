import { z } from 'zod';
import { Cursor, cursorTimeMs } from '../../../shared/contract/cursor.ts';
import { MARK_TYPE, READS_CALENDAR_SYNC } from '../../../shared/contract/message.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';

/** An instance marks every few seconds, a minute at most; one that is cut off comes back with what its queue held. */
export const GONE_AFTER_MS = 10 * 60 * 1000;

/** Of a delivery instance: those of ingest name nobody. */
const DeliveryMark = z.object({
  type: z.literal(MARK_TYPE),
  appId: z.string().min(1),
  headers: z.object({ cursor: Cursor, reads: z.string().optional() }),
});

/**
 * Whether delivery instances are here that do not read a `calendar.sync` beside its event, by the marks that each of
 * them publishes. They would give it to nobody, so it goes as a message of its own until the last has been gone for a while.
 */
export class OlderDeliveries {
  readonly #lastMarkMs = new Map<string, number>();

  constructor(
    private readonly now: SteadyClock,
    private readonly wall: WallClock,
    private readonly logger: Logger,
  ) {}

  /** Takes the properties of any entry of the history. */
  note(properties: unknown): void {
    const mark = DeliveryMark.safeParse(properties).data;
    if (mark === undefined || mark.headers.reads === READS_CALENDAR_SYNC) return;
    const { appId: instance, headers } = mark;
    const ageMs = Math.max(0, unixMs(this.wall()) - cursorTimeMs(headers.cursor));
    if (ageMs >= GONE_AFTER_MS) return;
    if (!this.#lastMarkMs.has(instance)) {
      this.logger.info(
        { delivery: instance },
        'a delivery instance of an older version is here: each calendar.sync goes as a message of its own',
      );
    }
    this.#lastMarkMs.set(instance, this.now() - ageMs);
  }

  areHere(): boolean {
    for (const [instance, atMs] of this.#lastMarkMs) {
      if (this.now() - atMs < GONE_AFTER_MS) return true;
      this.#lastMarkMs.delete(instance);
    }
    return false;
  }
}
