import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ErrorFrame, ServerFrame } from '../../../shared/contract/frames.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Principal, Verify } from './access.ts';
import type { DeliveryConfig } from '../config.ts';
import type { Replay, StartingPoint } from '../stream/replay.ts';
import type { EventStream } from '../stream/event-stream.ts';
import type { Feed } from '../stream/feed.ts';
import type { ShutOut } from './shut-out.ts';
import type { FrameBounds } from './frame-bounds.ts';
import type { LeftOff } from './left-off.ts';
import type { RoomStream } from './membership.ts';

/** What one session needs of the world around it. */
export interface SessionPorts {
  readonly feed: Feed;
  send(frame: ServerFrame): void;
  /** A `calendar.sync` with reason `gap`, for this client alone. */
  sendGap(cursor: Cursor): void;
  /** How long the client may hear nothing of a good connection. */
  readonly heartbeatMs: number;
  /** `waitSeconds`: the client is refused for so long. */
  close(name: CloseName, waitSeconds?: number): void;
  verify(token: string): ReturnType<Verify>;
  /** Its token is good; why it is refused all the same. */
  admit(principal: Principal): NotAdmitted | undefined;
  /** A refresh gave it another token, and perhaps another role. */
  becomes(principal: Principal): void;
  readonly stream: RoomStream & Pick<EventStream, 'plan'>;
  /** Where it begins, once events come and all is known that was revoked: it has ended by then where its token was. */
  position(): Promise<Cursor>;
  readonly users: Users;
  /** From when on it is given what it missed, where it has no cursor. */
  rewindSinceMs(principal: Principal): number;
  /** None where receipts are off. */
  readonly receipts?: ReceiptsOfSession | undefined;
  readonly observer: SessionObserver;
  /** For what is shown, and for the expiry of tokens. */
  readonly wall: WallClock;
  /** For intervals and time limits. */
  readonly now: SteadyClock;
}

interface ReceiptsOfSession {
  /** It enters, from there; `position` is told to who has no cursor. */
  begin(principal: Principal, start: StartingPoint, position: Cursor): void;
  /** Its client has a cursor without what stands there. */
  told(cursor: Cursor): void;
  /** It has been written all that it missed. */
  goLive(): void;
  /** Whether its app may say what it has taken, and that is worth something. */
  takesAcks(principal: Principal): boolean;
  /** Its app has taken all up to a cursor. */
  seen(cursor: string): void;
}

export interface SessionObserver {
  /** Its rooms are joined. */
  opened(principal: Principal, rooms: readonly Room[]): void;
  refused(frame: ErrorFrame): void;
  resumed(outcome: Replay, replayed: number): void;
  failed(error: unknown): void;
}

/** Why somebody with a good token is turned away; `waitMs`: for how long, where it is known. */
export interface NotAdmitted {
  readonly code: 'RATE_LIMITED' | 'OVERLOADED';
  readonly message: string;
  readonly waitMs?: number;
}

/** What is remembered of users, on whatever session of theirs. */
export interface Users {
  /** For a flood, by user: a new session is no way around the window that it filled. */
  readonly floods: ShutOut;
  readonly frameBounds: FrameBounds;
  readonly leftOff: LeftOff;
}

export type SessionLimits = Pick<
  DeliveryConfig,
  'maxFramesPerMinute' | 'maxRefusalsPerMinute' | 'authTimeoutMs' | 'joinTimeoutMs' | 'maxRoomsPerSession'
>;
