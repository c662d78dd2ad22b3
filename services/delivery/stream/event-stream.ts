import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../../shared/contract/message.ts';
import { EVERYONE, markKeyOf, type Address } from '../../../shared/contract/routing.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { Cluster } from '../../../shared/broker/cluster.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { sleep } from '../../../shared/service/sleep.ts';
import { Bindings } from '../broker/bindings.ts';
import { History } from '../broker/history.ts';
import { OwnQueue } from '../broker/own-queue.ts';
import { Marks } from '../broker/marks.ts';
import { kindOfOwnQueue } from '../broker/queue-kind.ts';
import type { DeliveryConfig } from '../config.ts';
import { FanOut, type Subscriber } from './fan-out.ts';
import { Liveness } from './liveness.ts';
import { LookBack } from './look-back.ts';
import { Resume, type Replay, type StartingPoint } from './resume.ts';
import { RoomIndex } from './room-index.ts';
import { roomsByKind } from './rooms-by-kind.ts';
import { ScanSchedule } from './scan-schedule.ts';
import { Timeline, toTimelineEntry } from './timeline.ts';
import { Trust } from './trust.ts';
import { beginDelivery } from './delivery-span.ts';
import { Doubts } from './doubts.ts';
import { Drops } from '../../../shared/monitoring/drops.ts';
import { FanOutMeter } from './fan-out-meter.ts';
import { Hole } from './hole.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import { Nodes } from '../broker/nodes.ts';

/** Event ids remembered to drop repeats: as long as ingest remembers them. */
const REPEATS_MAX = 100_000;
const REPEATS_MS = 24 * 60 * 60 * 1000;
/** Without a mark coming back for so long, the own queue no longer brings what it should. */
const MARK_LOST_MS = 20_000;

/** A session as the stream knows it. */
export interface StreamMember extends Subscriber {
  readonly closed: boolean;
  /** Something was lost to it for good. */
  tellGap(cursor: Cursor): void;
}

export interface EventStreamContext {
  readonly consuming: BrokerConnection;
  readonly publishing: BrokerConnection;
  /** Unique among all instances there ever were. */
  readonly instance: string;
  readonly config: DeliveryConfig;
  readonly metrics: DeliveryMetrics;
  readonly logger: Logger;
  readonly wall: WallClock;
  readonly now: SteadyClock;
}

/** From the broker to the feeds of the sessions: rooms, live events, the hole after an outage, and the past. */
export class EventStream {
  readonly #context: Omit<EventStreamContext, 'consuming' | 'publishing'>;
  readonly #nodes: Nodes;
  readonly #cluster: Cluster;
  readonly #timeline: Timeline;
  readonly #index = new RoomIndex<StreamMember>();
  readonly #trust = new Trust();
  readonly #doubts: Doubts;
  readonly #hole: Hole;
  readonly drops: Drops;
  readonly #fanOut: FanOut;
  readonly #meter: FanOutMeter;
  readonly #bindings: Bindings;
  readonly #marks: Marks;
  readonly #history: History;
  readonly #path: OwnQueue;
  readonly #scans: ScanSchedule;
  readonly #resume: Resume<StreamMember>;
  readonly #liveness: Liveness;

  constructor({ consuming, publishing, ...context }: EventStreamContext) {
    const { config, metrics, logger, instance, wall, now } = context;
    this.#context = context;
    this.#nodes = new Nodes([consuming, publishing]);
    this.#cluster = new Cluster(config.amqpCluster, config.amqpUrl);
    this.#timeline = new Timeline(config.recentMaxBytes);
    this.#fanOut = new FanOut(this.#timeline, this.#index, new ExpiringMap(REPEATS_MAX, REPEATS_MS));
    this.#meter = new FanOutMeter(metrics, wall, now);
    this.#bindings = new Bindings(
      consuming,
      logger,
      { maxPerKind: config.maxBindingsPerKind, lingerMs: config.roomLingerMs },
      {
        bound: (pattern) => this.#trust.coverage.bindingConfirmed(pattern),
        unbound: (pattern) => this.#trust.coverage.bindingRemoved(pattern),
      },
    );
    const markEvents = {
      published: (mark: Cursor) => this.#trust.markPublished(mark),
      roundTrip: (seconds: number) => metrics.markRoundTrip.observe(seconds),
      overtook: () => this.#doubts.recheck(),
    };
    this.#marks = new Marks(publishing, logger, instance, markEvents, wall, now);
    this.#history = new History(consuming, this.#marks, this.#cluster, {
      begun: () => metrics.scans.inc(),
      stalled: (reason) => this.#nodes.leave(reason),
    });
    this.#liveness = new Liveness(config.markIntervalMs);
    const recheck = () => this.#path.recheck();
    this.#doubts = new Doubts({ timeline: this.#timeline, trust: this.#trust, recheck }, now());
    this.drops = new Drops(metrics.brokerDrops, logger, 'their history is read instead');
    void this.#bindings.bindAlways(markKeyOf(instance));
    void this.#bindings.bindAlways(EVERYONE);
    const lookBack = new LookBack({ cluster: this.#cluster, sleep, wall, now });
    const { coverage, completeness } = this.#trust;
    const known = { timeline: this.#timeline, completeness, index: this.#index };
    this.#hole = new Hole({
      ...known,
      history: this.#history,
      lookBack,
      fanOut: this.#fanOut,
      bindings: this.#bindings,
      ...context,
    });
    this.#scans = new ScanSchedule(this.#history, logger, sleep);
    const liveness = this.#liveness;
    this.#resume = new Resume({
      ...known,
      coverage,
      liveness,
      scans: this.#scans,
      lookBack,
      sleep,
      wall,
      now,
    });
    this.#path = new OwnQueue(consuming, logger, this.#bindings, {
      instance,
      queueKind: () => kindOfOwnQueue(this.#cluster, consuming),
      prefetch: config.deliveryPrefetch,
      onEntry: (entry) => this.#take(entry),
      onForeign: () => metrics.dropped.inc({ reason: 'foreign' }),
      onDropped: (reason) => this.#dropped(reason),
      onWindowFull: (entry) => this.#doubts.windowFull(entry),
      onWindowFree: (entry) => this.#doubts.windowFree(entry),
      fillHole: () => this.#fillHole(),
      onBound: () => this.#marks.abandon(),
      isKnown: ({ kind, cursor }) => kind !== 'event' || this.#timeline.find(cursor) !== undefined,
      onConsuming: () => {
        this.#liveness.consuming();
        this.#sendMarkIfDue(now());
      },
      onLost: () => this.#lost(),
      onStalled: (reason) => this.#nodes.leave(reason),
    });
  }

  /** Whether what is published now reaches the sessions. */
  get isAlive(): boolean {
    return this.#liveness.isAlive;
  }

  get queue(): string | undefined {
    return this.#path.queue;
  }

  get roomCount(): number {
    return this.#index.roomCount - (this.#index.members(EVERYONE) === undefined ? 0 : 1);
  }

  /** Rooms in use, by their kind. */
  roomsByKind(): ReadonlyMap<string, number> {
    return roomsByKind(this.#index.rooms);
  }

  get bindingCount(): number {
    return this.#bindings.size;
  }

  roomsOf(member: StreamMember): ReadonlySet<Address> {
    return this.#index.roomsOf(member);
  }

  /** Resolves once the broker has confirmed the binding and the member is in the room. */
  async join(member: StreamMember, room: Address): Promise<void> {
    if (this.#index.has(room, member)) return;
    await this.#bindings.acquire(room);
    if (member.closed || !this.#index.join(room, member, this.#timeline.next)) {
      this.#bindings.release(room, this.#context.now());
    }
  }

  leave(member: StreamMember, room: Address): void {
    if (this.#index.leave(room, member)) this.#bindings.release(room, this.#context.now());
  }

  leaveAll(member: StreamMember): void {
    for (const room of [...this.#index.roomsOf(member)]) this.leave(member, room);
  }

  /** The newest position; waits for the path to be alive. */
  async position(): Promise<Cursor> {
    for (;;) {
      await this.#liveness.whenAlive();
      const { last } = this.#timeline;
      if (last !== undefined) return last.cursor;
    }
  }

  /** What a member missed; asks again when the broker went away in between. */
  plan(member: StreamMember, start: StartingPoint, position: Cursor): Promise<Replay> {
    return this.#resume.plan(member, start, position);
  }

  /** Housekeeping; called about once a second. */
  tick(nowMs: number): void {
    this.#bindings.tick(nowMs);
    this.#sendMarkIfDue(nowMs);
    if (this.#marks.oldestMs() > MARK_LOST_MS) {
      this.#marks.abandon();
      this.#nodes.leave(`no mark has come back for ${MARK_LOST_MS} ms`);
    } else if (!this.#nodes.areBlocked) this.#doubts.tick(nowMs, this.#marks.oldestMs());
  }

  async close(): Promise<void> {
    this.#scans.close();
    await Promise.all([this.#path.close(), this.#marks.close(), this.#bindings.close()]);
  }

  #take(entry: HistoryEntry): void {
    const endSpan = entry.kind === 'event' ? beginDelivery(entry) : undefined;
    const sessions = this.#fanOut.deliver(toTimelineEntry(entry), this.#context.now());
    if (sessions === undefined) {
      this.#context.metrics.repeats.inc();
      return;
    }
    switch (entry.kind) {
      case 'event':
        this.#meter.fannedOut(entry, sessions);
        endSpan?.(sessions);
        this.#context.logger.info({ id: entry.id, event: entry.type, rooms: entry.rooms, sessions }, 'event');
        return;
      case 'mark':
        this.#doubts.markArrived();
        this.#trust.markArrived(entry.cursor, this.#timeline.next - 1);
        this.#marks.markArrived(entry.cursor);
        this.#liveness.markArrived();
        return;
      case 'control':
    }
  }

  /** What the queue did not bring goes to the sessions before anything newer does. */
  async #fillHole(): Promise<void> {
    this.#trust.coverage.distrust();
    await this.#hole.fill();
  }

  #dropped(reason: string): void {
    this.drops.note(reason, this.#context.now());
    this.#doubts.recheck();
  }

  #sendMarkIfDue(nowMs: number): void {
    if (!this.#liveness.isMarkDue(nowMs)) return;
    this.#marks.publish().catch((error: unknown) => {
      this.#context.logger.debug({ err: error }, 'a mark was not published');
    });
  }

  #lost(): void {
    this.#liveness.lost();
    this.#marks.abandon();
    this.#trust.coverage.reset();
  }
}
