import type { Principal } from '../../services/delivery/session/access.ts';
import type { Role } from '../../shared/contract/rooms.ts';
import type { StreamMember } from '../../services/delivery/stream/event-stream.ts';
import type { Replay, StartingPoint } from '../../services/delivery/stream/replay.ts';
import { ShutOut } from '../../services/delivery/session/shut-out.ts';
import { Feed } from '../../services/delivery/stream/feed.ts';
import { Session } from '../../services/delivery/session/session.ts';
import type { SessionLimits, SessionPorts, Users } from '../../services/delivery/session/session-ports.ts';
import type { Credentials, TokenVerdict } from '../../services/delivery/session/access.ts';
import type { CloseName } from '../../shared/contract/close-codes.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import type { ServerFrame } from '../../shared/contract/frames.ts';
import type { Room } from '../../shared/contract/routing.ts';
import { wallTime, type WallTime } from '../../shared/core/wall-time.ts';
import { LeftOff } from '../../services/delivery/session/left-off.ts';
import { FrameBounds } from '../../services/delivery/session/frame-bounds.ts';
import { cursorAt, FakeOutlet, FakeRooms, NOON, settle } from './fakes.ts';

const HOUR_MS = 3_600_000;

export const limits = {
  maxFramesPerMinute: 50,
  maxRefusalsPerMinute: 50,
  authTimeoutMs: 5_000,
  joinTimeoutMs: 30_000,
  maxRoomsPerSession: 100,
};

/** `provider 4`, `provider 4 for 60000` (ms), `expired`, `later`; anything else is no token. */
function verifyAt(nowMs: number, token: string): TokenVerdict {
  if (token === 'later') return { refused: 'OVERLOADED', message: 'later' };
  if (token === 'expired') return { refused: 'TOKEN_EXPIRED', message: 'expired' };
  const [, role, id, , ttlMs] = /^(admin|provider|secretary|customer) (\d+)( for (\d+))?$/.exec(token) ?? [];
  if (role === undefined) return { refused: 'AUTH_FAILED', message: 'no token' };
  const principal: Principal = {
    role: role as Role,
    userId: Number(id),
    expiresAtMs: nowMs + Number(ttlMs ?? HOUR_MS),
  };
  return { principal };
}

/** One session on fakes for everything that it needs; the clock stands unless the test moves it. */
export class SessionWorld implements SessionPorts {
  readonly outlet = new FakeOutlet();
  readonly rooms = new FakeRooms();
  readonly feed = new Feed(this.outlet, 1_000_000, () => undefined);
  /** Everything that went out besides events: frames, gaps and the close, in order. */
  readonly out: (ServerFrame | { gap: Cursor } | { close: CloseName })[] = [];
  readonly plans: { start: StartingPoint; position: Cursor }[] = [];
  /** How many seconds each close told its client to wait. */
  readonly waits: (number | undefined)[] = [];
  readonly failures: unknown[] = [];
  readonly opened: { principal: Principal; rooms: readonly Room[] }[] = [];
  /** For whom it counts after a refresh. */
  readonly became: string[] = [];
  readonly newest = cursorAt(NOON);
  replay: Replay | Promise<Replay> = { recovered: true, entries: [], cursor: this.newest };
  whenPositioned: Promise<void> = Promise.resolve();
  whenVerified: Promise<void> = Promise.resolve();
  nowMs = NOON;
  /** How far the machine's clock has been set. */
  steppedMs = 0;
  readonly frameBounds = new FrameBounds();
  readonly heartbeatMs = 25_000;
  readonly stream: SessionPorts['stream'] = Object.assign(this.rooms, {
    plan: (_member: StreamMember, start: StartingPoint, position: Cursor) => {
      this.plans.push({ start, position });
      return Promise.resolve(this.replay);
    },
  });
  readonly users: Users;
  readonly observer = {
    opened: (principal: Principal, rooms: readonly Room[]) => this.opened.push({ principal, rooms }),
    refused: () => undefined,
    resumed: () => undefined,
    failed: (error: unknown) => this.failures.push(error),
  };
  readonly session: Session;

  constructor(
    fromUrl: Partial<Credentials> = {},
    readonly floods = new ShutOut(),
    bounds: SessionLimits = limits,
  ) {
    this.users = { floods, frameBounds: this.frameBounds, leftOff: new LeftOff(30_000) };
    this.session = new Session(57, this, bounds, fromUrl);
  }

  close(name: CloseName, waitSeconds?: number): void {
    this.waits.push(waitSeconds);
    this.out.push({ close: name });
  }

  send(frame: ServerFrame): void {
    this.out.push(frame);
  }

  async position(): Promise<Cursor> {
    await this.whenPositioned;
    return this.newest;
  }

  admit(): undefined {
    return undefined;
  }

  rewindSinceMs(principal: Principal): number {
    return this.users.leftOff.rewindSinceMs(principal, this.nowMs);
  }

  becomes({ role, userId }: Principal): void {
    this.became.push(`${role}:${userId}`);
  }

  sendGap(cursor: Cursor): void {
    this.out.push({ gap: cursor });
  }

  async verify(token: string): Promise<TokenVerdict> {
    await this.whenVerified;
    return verifyAt(this.nowMs, token);
  }

  wall(): WallTime {
    return wallTime(this.nowMs + this.steppedMs);
  }

  now(): number {
    return this.nowMs;
  }

  /** Frames of the client, in one go; resolves when nothing is left to answer. */
  async receive(...frames: (object | string)[]): Promise<void> {
    for (const frame of frames)
      this.session.receive(typeof frame === 'string' ? frame : JSON.stringify(frame));
    await settle();
  }

  /** Time passes and the once-a-second tick comes. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    this.session.tick(this.nowMs);
    await settle();
  }

  /** What went out since the last call: `subscribed admin`, `connected`, `INVALID_ROOM`, `close tooSlow`, `gap`. */
  said(): string[] {
    return this.out.splice(0).map((one) => {
      if ('gap' in one) return 'gap';
      if ('close' in one) return `close ${one.close}`;
      if (one.type === 'error') return one.code;
      return 'room' in one ? `${one.type} ${one.room}` : one.type;
    });
  }
}

export const auth = (token: string, more: object = {}) => ({ action: 'auth', token, ...more });

/** A session that is live, with nothing left unsaid. */
export async function liveSession(token = 'provider 4', floods?: ShutOut): Promise<SessionWorld> {
  const world = new SessionWorld({}, floods);
  await world.receive(auth(token));
  world.said();
  return world;
}
