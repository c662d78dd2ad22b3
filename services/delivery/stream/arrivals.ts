import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ControlEntry, EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import type { Drops } from '../../../shared/monitoring/drops.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { withoutRedaction, type Logger } from '../../../shared/service/logger.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import type { Doubts } from './doubts.ts';
import type { FanOut } from './fan-out.ts';
import { beginDelivery, type FanOutMeter } from './fan-out-meter.ts';
import type { Hole } from './hole.ts';
import type { Liveness } from './liveness.ts';
import type { CalendarGather } from './calendar-gather.ts';
import type { Timeline } from './timeline.ts';
import type { Trust } from './trust.ts';

/** Without a mark coming back for so long, the own queue no longer brings what it should. */
const MARK_LOST_MS = 20_000;

export interface ArrivalsContext {
  readonly timeline: Timeline;
  readonly fanOut: FanOut;
  readonly gather: Pick<CalendarGather, 'whenWritten'>;
  readonly meter: FanOutMeter;
  readonly trust: Trust;
  readonly doubts: Doubts;
  readonly hole: Hole;
  readonly marks: {
    publish(): Promise<unknown>;
    markArrived(mark: Cursor): void;
    abandon(): void;
    oldestMs(): number;
  };
  /** Whether a session is in the room, or was until a moment ago. */
  readonly bindings: { isInUse(room: Address): boolean };
  readonly liveness: Liveness;
  readonly drops: Drops;
  readonly nodes: { readonly areBlocked: boolean; leave(reason: string): void };
  /** Only of what comes by the own queue: what the history tells of an outage was asked long before. */
  readonly asked: (entry: ControlEntry) => void;
  readonly metrics: Pick<DeliveryMetrics, 'repeats' | 'dropped'>;
  readonly logger: Logger;
  readonly now: SteadyClock;
}

/**
 * What becomes of the own queue and of what it brings. In the order of a start: it is bound, the hole before it is
 * filled, what the history told already is passed on, it is consumed. When it is lost, all of that begins again.
 */
export class Arrivals {
  readonly doubts: Pick<Doubts, 'windowFull' | 'windowFree'>;
  /** Of what was delivered. */
  readonly #delivered: Logger;

  constructor(private readonly context: ArrivalsContext) {
    this.doubts = context.doubts;
    this.#delivered = withoutRedaction(context.logger);
  }

  /** A new queue is bound to everything in use: what was published before will not come by it. */
  bound(): void {
    this.context.marks.abandon();
  }

  /** What the queue brings is held back: what it did not bring goes to the sessions first. */
  async fillHole(): Promise<void> {
    const { hole, trust } = this.context;
    trust.coverage.distrust();
    await hole.fill();
    // A mark that was published meanwhile is passed on behind all that the hole held, wherever it stands in the history.
    trust.coverage.distrust();
  }

  /** Whether an entry that is held back has nothing missing before it. What no session is sent leaves nothing behind. */
  isKnown(entry: HistoryEntry): boolean {
    const { timeline, bindings } = this.context;
    if (entry.kind !== 'event' || timeline.find(entry.cursor) !== undefined) return true;
    return !entry.rooms.some((room) => bindings.isInUse(room));
  }

  consuming(): void {
    this.context.liveness.consuming();
    this.#sendMarkIfDue(this.context.now());
  }

  take(entry: HistoryEntry): void {
    const endSpan = entry.kind === 'event' ? beginDelivery(entry) : undefined;
    const { fanOut, timeline, now } = this.context;
    const kept = timeline.entryOf(entry);
    const sessions = fanOut.deliver(kept, now());
    if (sessions === undefined) this.context.metrics.repeats.inc();
    else if (entry.kind === 'mark') this.#markArrived(entry.cursor);
    else if (entry.kind === 'control') this.context.asked(entry);
    else {
      this.#noteDelivered(entry, sessions);
      this.context.gather.whenWritten(kept, () => {
        if (sessions > 0) this.context.meter.written(entry);
        endSpan?.(sessions);
      });
    }
  }

  /** A message without our headers, published by hand: nobody gets it. */
  foreign(): void {
    this.context.metrics.dropped.inc({ reason: 'foreign' });
  }

  /** The broker dropped a message from the queue, for a reason of its own words. */
  dropped(reason: string): void {
    this.context.drops.note(reason, this.context.now());
    this.context.doubts.dropped();
  }

  lost(): void {
    const { liveness, marks, trust } = this.context;
    liveness.lost();
    marks.abandon();
    trust.coverage.reset();
  }

  /** Called about once a second. */
  tick(nowMs: number): void {
    const { marks, nodes, doubts } = this.context;
    this.#sendMarkIfDue(nowMs);
    if (marks.oldestMs() > MARK_LOST_MS) {
      marks.abandon();
      nodes.leave(`no mark has come back for ${MARK_LOST_MS} ms`);
    } else if (!nodes.areBlocked) doubts.tick(nowMs, marks.oldestMs());
  }

  #noteDelivered(event: EventEntry, sessions: number): void {
    const { id, type, rooms } = event;
    this.context.meter.fannedOut(event, sessions);
    this.#delivered.info({ id, event: type, rooms, sessions }, 'event');
  }

  #markArrived(mark: Cursor): void {
    const { doubts, trust, timeline, marks, liveness } = this.context;
    doubts.markArrived();
    trust.markArrived(mark, timeline.next - 1);
    marks.markArrived(mark);
    liveness.markArrived();
  }

  #sendMarkIfDue(nowMs: number): void {
    const { liveness, marks, logger } = this.context;
    if (!liveness.isMarkDue(nowMs)) return;
    marks.publish().catch((error: unknown) => {
      logger.debug({ err: error }, 'a mark was not published');
    });
  }
}
