import { cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { Receipt, ReceiptStage, WayTold } from '../../../shared/contract/receipt.ts';
import { stampOf, unixMs, type WallTime } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Principal } from '../session/access.ts';
import type { OwnEvent } from './own-event.ts';

/** While the broker is away, about a minute of a busy site. */
const MAX_WAITING_RECEIPTS = 50_000;

export interface ReceiptsContext {
  readonly instance: string;
  readonly metrics: {
    readonly receipts: { inc(labels: { stage: ReceiptStage }): void };
    readonly receiptsDropped: { inc(count?: number): void };
    readonly timeToDelivered: { observe(seconds: number): void };
  };
  readonly wall: WallClock;
}

interface Said extends Pick<OwnEvent, 'cursor'>, Pick<Principal, 'role' | 'userId'> {
  readonly stage: ReceiptStage;
  readonly how: WayTold | undefined;
}

/** Receipts of this instance that wait to be published: one for an event and a person, however many devices that person has. */
export class Receipts {
  #waiting: Receipt[] = [];
  /** What they say, of all that were added since the last were taken. */
  readonly #said = new Set<string>();
  /** Most often the next is the same: an event goes to the devices of a person one after the other. */
  #last: Said | undefined;
  /** Of the last receipt: an event to thousands has one for each, and a stamp costs as much as all else of it. */
  #stamped = { atMs: Number.NaN, stamp: '' };

  constructor(private readonly context: ReceiptsContext) {}

  add(
    stage: ReceiptStage,
    { id, cursor }: OwnEvent,
    { role, userId }: Pick<Principal, 'role' | 'userId'>,
    connection: number,
    how?: WayTold,
  ): void {
    const last = this.#last;
    const isLast = cursor === last?.cursor && userId === last.userId && role === last.role;
    if (isLast && stage === last.stage && how === last.how) return;
    this.#last = { cursor, userId, role, stage, how };
    const said = `${cursor} ${role} ${userId} ${stage} ${how ?? ''}`;
    if (this.#said.has(said)) return;
    const { instance, metrics, wall } = this.context;
    const at = wall();
    metrics.receipts.inc({ stage });
    if (stage === 'delivered') metrics.timeToDelivered.observe((unixMs(at) - cursorTimeMs(cursor)) / 1000);
    const receipt = [id, cursor, role, userId, stage, this.#stampOf(at), connection, instance] as const;
    if (this.#waiting.length >= MAX_WAITING_RECEIPTS) metrics.receiptsDropped.inc();
    else {
      this.#said.add(said);
      this.#waiting.push(how === undefined ? [...receipt] : [...receipt, how]);
    }
  }

  #stampOf(at: WallTime): string {
    const atMs = unixMs(at);
    if (atMs !== this.#stamped.atMs) this.#stamped = { atMs, stamp: stampOf(at) };
    return this.#stamped.stamp;
  }

  /** All that wait. */
  take(): readonly Receipt[] {
    this.#said.clear();
    this.#last = undefined;
    return this.#waiting.splice(0);
  }

  /** They could not be published: the oldest of all. */
  giveBack(receipts: readonly Receipt[]): void {
    const room = Math.max(0, MAX_WAITING_RECEIPTS - this.#waiting.length);
    this.context.metrics.receiptsDropped.inc(Math.max(0, receipts.length - room));
    this.#waiting = [...receipts.slice(0, room), ...this.#waiting];
  }
}
