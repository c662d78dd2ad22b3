import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { Cluster } from '../../../shared/broker/cluster.ts';
import type { HistoryRange } from '../../../shared/contract/control.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ControlEntry, EventEntry } from '../../../shared/contract/message.ts';
import { CONTROL_KEY, EVERYONE, markKeyOf, type Address } from '../../../shared/contract/routing.ts';
import { Drops } from '../../../shared/monitoring/drops.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { FewATurn } from '../../../shared/service/few-a-turn.ts';
import { sleep } from '../../../shared/service/sleep.ts';
import { Binder } from '../broker/binder.ts';
import { Bindings } from '../broker/bindings.ts';
import { History } from '../broker/history.ts';
import { Marks } from '../broker/marks.ts';
import { Nodes } from '../broker/nodes.ts';
import { OwnQueue } from '../broker/own-queue.ts';
import type { DeliveryConfig } from '../config.ts';
import type { DeliveryMetrics } from '../metrics.ts';
import { Arrivals } from './arrivals.ts';
import { CalendarGather, type GatherWindow } from './calendar-gather.ts';
import { Doubts } from './doubts.ts';
import { FanOut } from './fan-out.ts';
import { FirstSeen } from './first-seen.ts';
import type { Subscriber } from './feed.ts';
import { FanOutMeter } from './fan-out-meter.ts';
import { Hole } from './hole.ts';
import { Liveness } from './liveness.ts';
import { LookBack } from './look-back.ts';
import type { Replay, StartingPoint } from './replay.ts';
import { Resume } from './resume.ts';
import { Rewinds } from './rewinds.ts';
import { RoomIndex } from './room-index.ts';
import { LongReplays } from './long-replays.ts';
import { ScanLanes } from './scan-schedule.ts';
import { eventsIn } from './past-events.ts';
import { Timeline, type TimelineEntry } from './timeline.ts';
import { Trust } from './trust.ts';

/** A session as the stream knows it. */
export interface StreamMember extends Subscriber {
  readonly closed: boolean;
  /** Its user on all their devices. */
  readonly userKey: string;
  /** Something was lost to it for good. */
  tellGap(cursor: Cursor): void;
}

/** What all parts of one instance share. */
export interface InstanceContext {
  /** Unique among all instances there ever were. */
  readonly instance: string;
  readonly config: DeliveryConfig;
  readonly metrics: DeliveryMetrics;
  readonly logger: Logger;
  readonly wall: WallClock;
  readonly now: SteadyClock;
}

export interface EventStreamContext extends InstanceContext {
  readonly consuming: BrokerConnection;
  readonly publishing: BrokerConnection;
  /** Of what ingest asks of every instance. */
  readonly asked: (entry: ControlEntry) => void;
}

/** From the broker to the feeds of the sessions: rooms, live events, the hole after an outage, and the past. */
export class EventStream {
  /** Who is in which room. */
  readonly rooms = new RoomIndex<StreamMember>();
  readonly liveness: Liveness;
  readonly drops: Drops;
  readonly queue: OwnQueue;
  readonly binder: Binder;
  readonly #bindings: Bindings;
  readonly #timeline: Timeline;
  readonly #gather: CalendarGather;
  readonly #marks: Marks;
  readonly #scans: ScanLanes;
  readonly #rewinds: Rewinds;
  readonly #resume: Resume<StreamMember>;
  readonly #history: History;
  readonly #arrivals: Arrivals;
  readonly #now: SteadyClock;
  readonly #replayTurns = new FewATurn();

  constructor(context: EventStreamContext) {
    const { consuming, publishing, instance, config, metrics, logger, wall, now } = context;
    const nodes = new Nodes([consuming, publishing]);
    const cluster = new Cluster(config.amqpCluster, config.amqpUrl);
    const timeline = new Timeline(config.recentMaxBytes);
    const liveness = new Liveness(config.markIntervalMs);
    const trust = new Trust();
    const drops = new Drops(metrics.brokerDrops, logger, 'their history is read instead');
    const limits = { maxPerKind: config.maxBindingsPerKind, lingerMs: config.roomLingerMs };
    const binder = new Binder(consuming, logger, trust.coverage);
    const bindings = new Bindings(binder, limits);
    const { deliveryPrefetch: prefetch } = config;
    const queue = new OwnQueue(consuming, logger, binder, { instance, cluster, nodes, prefetch });
    const doubts = new Doubts(timeline, trust, queue, now());
    const marks = new Marks(publishing, logger, instance, { trust, doubts, metrics }, wall, now);
    const history = new History(consuming, marks, cluster, { nodes, metrics });
    const { replayMaxEvents: events, replayMaxBytes: bytes, replayPageBytes: pageBytes } = config;
    const bounds = { events, bytes, pageBytes };
    const toKeep = (event: EventEntry) => timeline.shared(event);
    const forReaders = { limits: bounds, toKeep, logger, wall, now, sleep };
    const scans = new ScanLanes(history, forReaders);
    const rewinds = new Rewinds({ history, maxBytes: config.rewindMaxBytes, ...forReaders });
    const quota = new LongReplays(config.maxLongReplaysPerMinute);
    const lookBack = new LookBack({ cluster, sleep, wall, now });
    const { coverage, completeness } = trust;
    const known = { timeline, index: this.rooms, bindings, coverage, completeness };
    const { rewindMaxSyncs: maxRewindSyncs } = config;
    const reading = { liveness, scans, rewinds, quota, lookBack, maxRewindSyncs };
    this.#resume = new Resume({ ...known, ...reading, sleep, wall, now });
    const gather = new CalendarGather(this.rooms, gatherWindow(config), later);
    const fanOut = new FanOut(timeline, this.rooms, new FirstSeen(), gather);
    const hole = new Hole({ ...known, history, lookBack, fanOut, metrics, logger, now });
    const meter = new FanOutMeter(metrics, wall, now);
    const told = { trust, doubts, hole, marks, liveness, drops, nodes };
    const parts = { timeline, bindings, fanOut, gather, meter, ...told };
    this.#arrivals = new Arrivals({ ...parts, asked: context.asked, metrics, logger, now });
    this.liveness = liveness;
    this.drops = drops;
    this.queue = queue;
    this.binder = binder;
    this.#bindings = bindings;
    this.#timeline = timeline;
    this.#gather = gather;
    this.#marks = marks;
    this.#scans = scans;
    this.#rewinds = rewinds;
    this.#history = history;
    this.#now = now;
    // For good: no session joins the first two, and each joins and leaves the third.
    void binder.bind(markKeyOf(instance));
    void binder.bind(CONTROL_KEY);
    void binder.bind(EVERYONE);
    queue.consume(this.#arrivals);
  }

  /** Resolves once the broker has confirmed the binding and the member is in the room. */
  async join(member: StreamMember, room: Address): Promise<void> {
    if (this.rooms.has(room, member)) return;
    await this.#bindings.acquire(room);
    const joins = !member.closed && this.rooms.join(room, member, this.#timeline.next);
    if (!joins) this.#bindings.release(room, this.#now());
  }

  leave(member: StreamMember, room: Address): void {
    this.writeGathered(member);
    if (this.rooms.leave(room, member)) this.#bindings.release(room, this.#now());
  }

  roomsOf(member: StreamMember): ReadonlySet<Address> {
    return this.rooms.roomsOf(member);
  }

  leaveAll(member: StreamMember): void {
    for (const room of [...this.roomsOf(member)]) this.leave(member, room);
  }

  /** Before anything else is written to a member: what is held for it. */
  writeGathered(member: StreamMember): void {
    this.#gather.writeTo(member);
  }

  /** Held for all members together. */
  get gatheredBytes(): number {
    return this.#gather.heldBytes;
  }

  /** The newest position up to which every member has been written what is for it; waits for the path to be alive. */
  async position(): Promise<Cursor> {
    for (;;) {
      await this.liveness.whenAlive();
      const cursor = this.#gather.settled ?? this.#timeline.last?.cursor;
      if (cursor !== undefined) return cursor;
    }
  }

  /** What a member missed. */
  plan(member: StreamMember, start: StartingPoint, position: Cursor): Promise<Replay> {
    return this.#resume.plan(member, start, position);
  }

  /** For those that are being written what they missed: hundreds may have waited for the same pass, or drain at the same time. */
  readonly replayTurn = (): Promise<void> => new Promise((resolve) => this.#replayTurns.take(resolve));

  /** What the history has of some rooms in a range. */
  past(rooms: readonly Address[], range: HistoryRange): Promise<readonly TimelineEntry[]> {
    return eventsIn(this.#history, rooms, range);
  }

  /** When an entry reached this instance, where that is still known. */
  arrivedAtMs(cursor: Cursor): number | undefined {
    const position = this.#timeline.find(cursor);
    return position === undefined ? undefined : this.#timeline.arrivedAtMs(position);
  }

  /** Housekeeping; called about once a second. */
  tick(nowMs: number): void {
    this.#bindings.tick(nowMs);
    this.#arrivals.tick(nowMs);
    this.#rewinds.tick(nowMs);
  }

  async close(): Promise<void> {
    this.#scans.close();
    this.#rewinds.close();
    await this.#marks.publishLast();
    await Promise.all([this.queue.close(), this.#marks.close(), this.binder.close()]);
  }
}

function gatherWindow({ calendarGatherMs, calendarGatherSessions }: DeliveryConfig): GatherWindow {
  return { ms: calendarGatherMs, sessions: calendarGatherSessions };
}

function later(ms: number, callback: () => void): void {
  setTimeout(callback, ms).unref();
}
