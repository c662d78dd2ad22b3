import type { CloseName } from '../../../shared/contract/close-codes.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ErrorFrame, ServerFrame } from '../../../shared/contract/frames.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Principal } from './access.ts';
import type { Replay, StartingPoint } from '../stream/resume.ts';
import type { Feed } from '../stream/feed.ts';
import type { Floods } from './floods.ts';
import type { RoomPort } from './membership.ts';

export type TokenVerdict =
  | { readonly principal: Principal }
  | { readonly refused: 'AUTH_FAILED' | 'TOKEN_EXPIRED'; readonly message: string };

/** What one session needs of the world around it. */
export interface SessionPorts {
  readonly feed: Feed;
  readonly rooms: RoomPort;
  readonly send: (frame: ServerFrame) => void;
  /** A `calendar.sync` with reason `gap`, for this client alone. */
  readonly sendGap: (cursor: Cursor) => void;
  /** With the reason of the code, unless there is a better one. */
  readonly close: (name: CloseName, reason?: string) => void;
  readonly verify: (token: string) => TokenVerdict;
  /** The newest position of this instance; waits until there is one. */
  readonly position: () => Promise<Cursor>;
  readonly plan: (start: StartingPoint, position: Cursor) => Promise<Replay>;
  /** From when on a client without a cursor is given what it missed. */
  readonly rewindSinceMs: (principal: Principal) => number;
  /** How large an event may be, in bytes of payload, for what the user's clients refused here. */
  readonly frameBoundBytes: (principal: Principal) => number;
  /** Who flooded here, on whatever session. */
  readonly floods: Floods;
  readonly observer: {
    /** Its rooms are joined. */
    opened(principal: Principal, rooms: readonly Room[]): void;
    refused(frame: ErrorFrame): void;
    resumed(outcome: Replay, replayed: number): void;
    failed(error: unknown): void;
  };
  /** For what is shown, and for the expiry of tokens. */
  readonly wall: WallClock;
  /** For intervals and time limits. */
  readonly now: SteadyClock;
}

export interface SessionLimits {
  readonly framesPerMinute: number;
  /** So many more are told that they are too many, then the session ends. */
  readonly refusalsPerMinute: number;
  readonly authTimeoutMs: number;
  readonly joinTimeoutMs: number;
  readonly maxRooms: number;
  /** Told to the client; the owner of the socket keeps it. */
  readonly pingIntervalMs: number;
}

/** What a client brings when it enters; from its first frame, its headers or its URL. */
export interface Credentials {
  readonly token: string;
  readonly cursor?: unknown;
  readonly rooms?: unknown;
  readonly events?: unknown;
  readonly max_frame_bytes?: unknown;
}
