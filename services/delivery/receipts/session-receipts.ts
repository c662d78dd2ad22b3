import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ReceiptStage, WayTold } from '../../../shared/contract/receipt.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { personalRoomOf, type Principal } from '../session/access.ts';
import type { Transport } from '../session/transport.ts';
import type { Feed } from '../stream/feed.ts';
import type { StartingPoint } from '../stream/replay.ts';
import { Confirmations, type Frame } from './confirmations.ts';
import type { OwnEvent } from './own-event.ts';
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

export interface Progress {
  /** The newest cursor that was. */
  readonly confirmed: Cursor | undefined;
  /** Events that were not. */
  readonly behind: number;
}

/** The session whose receipts they are. */
export interface Told {
  readonly feed: Pick<Feed, 'receiver'>;
  readonly transportName: string;
  /** `ask` is absent where the client can answer by coming back alone. */
  readonly transport: Pick<Transport, 'ask' | 'mayAskAtMs' | 'beforeTurnEnds'>;
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
  /** Digest of the token that it is known by. */
  #token: string | undefined;
  /** How it is written what comes now. */
  #how: WayTold = 'live';
  #asksAtTurnEnd = false;

  constructor(
    private readonly connection: number,
    private readonly session: Told,
    private readonly shared: ReceiptsOfInstance,
  ) {}

  /** It enters; the cursor with which somebody comes back was read. `position` is told to who has none. */
  begin(principal: Principal, start: StartingPoint, position: Cursor): void {
    const { leftUnread, lazyAskMs, now } = this.shared;
    this.#principal = principal;
    this.#how = this.#wayOf('cursor' in start ? 'resume' : 'rewind');
    this.#confirmations = new Confirmations({
      room: personalRoomOf(principal),
      readUpToMs: 'sinceMs' in start ? start.sinceMs : now(),
      lazyAskMs,
      report: (stage, event) => this.#report(stage, event),
      askSoon: () => this.#askSoon(),
      now,
    });
    this.session.feed.receiver = this.#confirmations;
    if (!('cursor' in start)) this.told(position);
    this.#token = this.session.tokenDigest;
    if (this.#token === undefined) return;
    const cursor = 'cursor' in start ? start.cursor : undefined;
    for (const event of leftUnread.begin(this.#token, cursor, now())) this.#report('delivered', event);
  }

  /** Its client has a cursor without what stands there. */
  told(cursor: Cursor): void {
    this.#confirmations?.told(cursor);
  }

  /** It has been written all that it missed. */
  goLive(): void {
    this.#how = this.#wayOf('live');
    this.#confirmations?.goLive(this.shared.now());
  }

  becomes(principal: Principal): void {
    this.#principal = principal;
    this.#confirmations?.becomes(personalRoomOf(principal));
    const { leftUnread, now } = this.shared;
    const { tokenDigest } = this.session;
    if (tokenDigest === this.#token) return;
    this.#leave([]);
    this.#token = tokenDigest;
    if (tokenDigest !== undefined) leftUnread.begin(tokenDigest, undefined, now());
  }

  /** How far its client has confirmed what it was written; `undefined` for one that cannot be asked. */
  get progress(): Progress | undefined {
    if (this.session.transport.ask === undefined || this.#confirmations === undefined) return undefined;
    const { confirmed, behind } = this.#confirmations;
    return { confirmed, behind };
  }

  /** Asks its client, where it is time to, whether it has read what it was written; when to ask next. */
  tick(nowMs: number): number {
    const { transport } = this.session;
    if (this.#confirmations !== undefined && this.#nextAskMs <= nowMs) {
      this.session.writeGathered();
      const cursor = this.#confirmations.ask(nowMs);
      if (cursor !== undefined) transport.ask?.(cursor);
    }
    return this.#nextAskMs;
  }

  /** Behind what a live session is written in this turn, or as soon as it is time to. */
  #askSoon(): void {
    const { transport } = this.session;
    if (this.#asksAtTurnEnd) return;
    const isTime = this.#confirmations?.isLive === true && this.#nextAskMs <= this.shared.now();
    if (!isTime || transport.beforeTurnEnds === undefined) {
      this.session.tickSoon();
      return;
    }
    this.#asksAtTurnEnd = true;
    transport.beforeTurnEnds(() => {
      this.#asksAtTurnEnd = false;
      this.tick(this.shared.now());
    });
  }

  get #nextAskMs(): number {
    const { transport } = this.session;
    if (this.#confirmations === undefined || transport.ask === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(this.#confirmations.nextAskMs, transport.mayAskAtMs ?? Number.NEGATIVE_INFINITY);
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
    this.#leave(this.#confirmations?.unread ?? []);
  }

  #leave(unread: readonly Frame[]): void {
    if (this.#token !== undefined) this.shared.leftUnread.end(this.#token, unread, this.shared.now());
    this.#token = undefined;
  }

  #report(stage: ReceiptStage, event: OwnEvent): void {
    if (this.#principal === undefined) return;
    const how = stage === 'written' ? this.#how : undefined;
    this.shared.all.add(stage, event, this.#principal, this.connection, how);
  }

  /** Over HTTP it makes no difference whether somebody waited for it. */
  #wayOf(way: WayTold): WayTold {
    const { transportName: over } = this.session;
    return over === 'stream' || over === 'poll' ? over : way;
  }
}
