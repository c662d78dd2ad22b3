import type { SessionPorts } from '../../services/delivery/session/session-ports.ts';
import type { StreamMember } from '../../services/delivery/stream/event-stream.ts';
import { FanOut } from '../../services/delivery/stream/fan-out.ts';
import { LongReplays } from '../../services/delivery/stream/long-replays.ts';
import { LookBack } from '../../services/delivery/stream/look-back.ts';
import { Resume } from '../../services/delivery/stream/resume.ts';
import { Rewinds } from '../../services/delivery/stream/rewinds.ts';
import { RoomIndex } from '../../services/delivery/stream/room-index.ts';
import { NO_LIMITS } from '../../services/delivery/stream/scan-request.ts';
import { ScanLanes } from '../../services/delivery/stream/scan-schedule.ts';
import { Timeline, toTimelineEntry } from '../../services/delivery/stream/timeline.ts';
import { Trust } from '../../services/delivery/stream/trust.ts';
import { cursorTimeMs, type Cursor } from '../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { patternsOf, routingKeyOf, type Address } from '../../shared/contract/routing.ts';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { mark, NOON, settle } from '../delivery/fakes.ts';

/** The least. */
const RETENTION_MS = 60_000;
const MAX_IDENTITIES = 1_000;
const IDENTITY_MS = 24 * 60 * 60_000;
/** Two or three entries a page. */
const LIMITS = { ...NO_LIMITS, pageBytes: 4_000 };
const logger = createLogger('delivery', 'silent');

/** The exchange and the history stream, whose beginning may be gone. */
export class SimulatedBroker {
  /** Everything that was ever accepted, in the order of the stream. */
  readonly log: HistoryEntry[] = [];
  private begins = 0;
  nowMs = NOON;
  readonly #instances = new Set<SimulatedInstance>();

  attach(instance: SimulatedInstance): void {
    this.#instances.add(instance);
  }

  detach(instance: SimulatedInstance): void {
    this.#instances.delete(instance);
  }

  /** What concurrent publishers sent at once may reach one queue in another order than the stream and other queues. */
  publish(entries: readonly HistoryEntry[], swappedIn?: SimulatedInstance): void {
    this.log.push(...entries);
    for (const instance of this.#instances) {
      for (const entry of instance === swappedIn ? entries.toReversed() : entries) instance.route(entry);
    }
  }

  /** The oldest entries are not kept any longer. */
  expire(count: number): void {
    const isOld = ({ cursor }: HistoryEntry) => cursorTimeMs(cursor) <= this.nowMs - RETENTION_MS;
    this.begins = Math.min(this.log.filter(isOld).length, this.begins + count);
  }

  /** Where the stream is read from a time on: from the chunk of that second. */
  begin(fromMs: number): number {
    const secondMs = Math.floor(fromMs / 1_000) * 1_000;
    const first = this.log.findIndex(
      ({ cursor }, offset) => offset >= this.begins && cursorTimeMs(cursor) >= secondMs,
    );
    return first === -1 ? this.log.length : first;
  }

  /** The stream from an offset on, as far as it is kept. */
  *read(from: number): Generator<readonly [HistoryEntry, number]> {
    const begins = Math.max(from, this.begins);
    for (const [index, entry] of this.log.slice(begins).entries()) yield [entry, begins + index];
  }
}

/** The stream side of one delivery instance: real parts, before a broker whose queue the test empties. */
export class SimulatedInstance {
  readonly index = new RoomIndex<StreamMember>();
  readonly stream: SessionPorts['stream'];
  readonly #timeline: Timeline;
  readonly #trust = new Trust();
  readonly #fanOut: FanOut;
  readonly #queue: HistoryEntry[] = [];
  readonly #bound = new Set<Address>();
  readonly #marks = new Map<Cursor, () => void>();

  constructor(
    private readonly broker: SimulatedBroker,
    private readonly name: string,
    memoryBytes: number,
  ) {
    this.#timeline = new Timeline(memoryBytes);
    this.#fanOut = new FanOut(this.#timeline, this.index, new ExpiringMap(MAX_IDENTITIES, IDENTITY_MS));
    const [timeline, { coverage, completeness }, index] = [this.#timeline, this.#trust, this.index];
    const clocks = { sleep: settle, wall: () => wallTime(broker.nowMs), now: () => broker.nowMs };
    const resume = new Resume<StreamMember>({
      ...{ timeline, coverage, completeness, index, ...clocks },
      liveness: { isAlive: true, outages: 0, whenAlive: () => Promise.resolve() },
      scans: new ScanLanes(
        {
          read: (fromMs, onEntry) => this.#read(broker.begin(fromMs), onEntry),
          readFrom: (offset, onEntry) => this.#read(offset, onEntry),
        },
        { limits: LIMITS, logger, ...clocks },
      ),
      rewinds: new Rewinds({
        history: {
          follow: (fromMs, onEntry) => this.#follow(broker.begin(fromMs), onEntry),
          readSome: (offset, onEntry) => this.#readSome(offset, onEntry),
        },
        ...{ limits: LIMITS, maxBytes: memoryBytes, logger, ...clocks },
      }),
      quota: new LongReplays(LIMITS.events),
      maxRewindSyncs: LIMITS.events,
      lookBack: new LookBack({ cluster: { isCluster: false }, ...clocks }),
    });
    this.stream = {
      plan: (member, start, position) => resume.plan(member, start, position),
      join: (member, room) => this.#join(member, room),
      leave: (member, room) => void index.leave(room, member),
      leaveAll: (member) => {
        for (const room of [...index.roomsOf(member)]) index.leave(room, member);
      },
      roomsOf: (member) => index.roomsOf(member),
      writeGathered: () => undefined,
    };
    broker.attach(this);
    void this.publishMark();
    this.deliver();
  }

  position(): Promise<Cursor> {
    const { last } = this.#timeline;
    return last === undefined ? Promise.reject(new Error('no mark came')) : Promise.resolve(last.cursor);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  route(entry: HistoryEntry): void {
    const isBound = entry.kind === 'event' && entry.rooms.some((room) => this.#bound.has(room));
    if (isBound || (entry.kind === 'mark' && entry.origin === this.name)) this.#queue.push(entry);
  }

  /** Takes the next message of the own queue. */
  deliver(): void {
    const entry = this.#queue.shift();
    if (entry === undefined) return;
    const sessions = this.#fanOut.deliver(toTimelineEntry(entry), this.broker.nowMs);
    if (sessions === undefined || entry.kind !== 'mark') return;
    this.#trust.markArrived(entry.cursor, this.#timeline.next - 1);
    this.#marks.get(entry.cursor)?.();
  }

  publishMark(): { readonly cursor: Cursor; readonly arrived: Promise<void> } {
    const entry = mark({ atMs: this.broker.nowMs, origin: this.name });
    this.#trust.markPublished(entry.cursor);
    const arrived = new Promise<void>((resolve) => this.#marks.set(entry.cursor, resolve));
    this.broker.publish([entry]);
    return { cursor: entry.cursor, arrived };
  }

  async #join(member: StreamMember, room: Address): Promise<void> {
    await settle();
    if (!this.#bound.has(room)) {
      this.#bound.add(room);
      for (const pattern of patternsOf(room).slice(0, 1)) this.#trust.coverage.bindingConfirmed(pattern);
    }
    if (!member.closed) this.index.join(room, member, this.#timeline.next);
  }

  /** The linger of rooms without members is over. */
  unbindUnused(): void {
    for (const room of [...this.#bound].filter((one) => this.index.members(one) === undefined)) {
      this.#trust.coverage.bindingRemoved(routingKeyOf(room));
      this.#bound.delete(room);
    }
  }

  /** Reads on whenever it is asked to. */
  #follow(from: number, onEntry: (entry: HistoryEntry, offset: number) => void) {
    let next = from;
    const upToMark = () => {
      const published = this.publishMark();
      for (const [entry, offset] of this.broker.read(next)) {
        onEntry(entry, offset);
        next = offset + 1;
      }
      return Promise.resolve(published);
    };
    const never = new Promise<never>(() => undefined);
    return Promise.resolve({ broken: never, upToMark, stop: () => undefined });
  }

  async #read(from: number, onEntry: (entry: HistoryEntry, offset: number) => boolean) {
    const published = this.publishMark();
    await this.#readSome(from, onEntry);
    return published;
  }

  #readSome(from: number, onEntry: (entry: HistoryEntry, offset: number) => boolean): Promise<void> {
    for (const [entry, offset] of this.broker.read(from)) if (!onEntry(entry, offset)) break;
    return Promise.resolve();
  }
}
