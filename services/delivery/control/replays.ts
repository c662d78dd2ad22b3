import type { HistoryRange } from '../../../shared/contract/control.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import { inSlices } from '../../../shared/service/in-slices.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { LiveSession } from '../session/live-session.ts';
import type { EventStream } from '../stream/event-stream.ts';

export interface ReplaysOptions {
  readonly stream: Pick<EventStream, 'past'>;
  readonly now: SteadyClock;
  readonly logger: Logger;
}

/** Sends sessions once more what they had, with the same ids, behind what was written to them until then; one replay after the other. */
export class Replays {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly options: ReplaysOptions) {}

  /** Answers nobody: reading the history takes longer than an operator waits. */
  begin(sessions: readonly LiveSession[], rooms: readonly Room[], range: HistoryRange): void {
    if (sessions.length === 0) return;
    const { logger } = this.options;
    this.#last = this.#last
      .then(() => this.#replay(sessions, rooms, range))
      .catch((error: unknown) => logger.error({ err: error, rooms, range }, 'a replay failed'));
  }

  async #replay(
    sessions: readonly LiveSession[],
    rooms: readonly Room[],
    range: HistoryRange,
  ): Promise<void> {
    const { stream, now, logger } = this.options;
    const events = await stream.past(rooms, range);
    await inSlices(sessions, (session) => session.sendAgain(events), now);
    logger.info({ rooms, events: events.length, sessions: sessions.length }, 'sent events once more');
  }
}
