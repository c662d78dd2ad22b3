import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ReceiptStage } from '../../../shared/contract/receipt.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { personalRoomOf, type Principal } from '../session/access.ts';
import type { Feed } from '../stream/feed.ts';
import type { StartingPoint } from '../stream/resume.ts';
import { Confirmations, type OwnEvent } from './confirmations.ts';
import type { LeftUnread } from './left-unread.ts';
import type { Receipts } from './receipts.ts';

/** What the receipts of all sessions of an instance share. */
export interface ReceiptsOfInstance {
  readonly all: Receipts;
  readonly leftUnread: LeftUnread;
  /** How seldom a client is asked for frames that no receipt waits for. */
  readonly lazyAskMs: number;
  readonly now: SteadyClock;
}

/** The session whose receipts they are. */
export interface Told {
  readonly feed: Pick<Feed, 'receiver'>;
  /** `ask` is absent where the client can answer by coming back alone. */
  readonly transport: { ask?(cursor: Cursor): void };
  /** Of its token, which stands for one device. */
  readonly tokenDigest: string | undefined;
  /** What is held back for it goes out. */
  writeGathered(): void;
  /** `tick` is to be called at the next opportunity. */
  tickSoon(): void;
}

/** Receipts of one session, from when its user is known. */
export class SessionReceipts {
  #confirmations: Confirmations | undefined;
  #principal: Principal | undefined;

  constructor(
    private readonly connection: number,
    private readonly session: Told,
    private readonly shared: ReceiptsOfInstance,
  ) {}

  /** It enters; the cursor with which somebody comes back was read. */
  begin(principal: Principal, start: StartingPoint): void {
    const { leftUnread, lazyAskMs, now } = this.shared;
    this.#principal = principal;
    this.#confirmations = new Confirmations({
      room: personalRoomOf(principal),
      readUpToMs: 'sinceMs' in start ? start.sinceMs : now(),
      lazyAskMs,
      report: (stage, event) => this.#report(stage, event),
      askSoon: () => this.session.tickSoon(),
    });
    this.session.feed.receiver = this.#confirmations;
    const token = this.session.tokenDigest;
    if (token === undefined || !('cursor' in start) || typeof start.cursor !== 'string') return;
    const read = leftUnread.take(token, start.cursor, now());
    for (const event of read) this.#report('delivered', event);
  }

  /** It has been written all that it missed. */
  goLive(): void {
    this.#confirmations?.goLive(this.shared.now());
  }

  becomes(principal: Principal): void {
    this.#principal = principal;
    this.#confirmations?.becomes(personalRoomOf(principal));
  }

  /** Asks its client, where it is time to, whether it has read what it was written; when to ask next. */
  tick(nowMs: number): number {
    const { transport } = this.session;
    const confirmations = this.#confirmations;
    if (confirmations === undefined || transport.ask === undefined) return Number.POSITIVE_INFINITY;
    if (confirmations.nextAskMs <= nowMs) {
      this.session.writeGathered();
      const cursor = confirmations.ask(nowMs);
      if (cursor !== undefined) transport.ask(cursor);
    }
    return confirmations.nextAskMs;
  }

  /** The client gave a cursor back; `false`: none that it was sent. */
  read(cursor: string): boolean {
    return this.#confirmations?.read(cursor) ?? false;
  }

  takesAcks(principal: Principal): boolean {
    return this.session.transport.ask !== undefined && personalRoomOf(principal) !== undefined;
  }

  /** Its app has taken all up to a cursor. */
  seen(cursor: string): void {
    this.#confirmations?.seen(cursor);
  }

  /** How long its client has owed an answer about an event of its own. */
  waitingMs(nowMs: number): number {
    return this.#confirmations?.waitingMs(nowMs) ?? 0;
  }

  /** All that arrived before was read. */
  unreadSinceMs(endedAtMs: number, arrivedAtMs: (cursor: Cursor) => number | undefined): number | undefined {
    return this.#confirmations?.unreadSinceMs(endedAtMs, arrivedAtMs);
  }

  /** The connection is gone. */
  end(): void {
    const { leftUnread, now } = this.shared;
    const unread = this.#confirmations?.unread ?? [];
    const token = this.session.tokenDigest;
    if (token !== undefined) leftUnread.add(token, unread, now());
  }

  #report(stage: ReceiptStage, event: OwnEvent): void {
    if (this.#principal !== undefined) this.shared.all.add(stage, event, this.#principal, this.connection);
  }
}
