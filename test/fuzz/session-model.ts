import type { Principal } from '../../services/delivery/session/access.ts';
import type { SessionLimits } from '../../services/delivery/session/session-ports.ts';
import { parseRoom } from '../../shared/contract/routing.ts';

/** What a client sends, in the terms of the model. */
export type ModelFrame =
  | {
      readonly action: 'auth';
      readonly token: string;
      readonly rooms?: unknown;
      readonly events?: unknown;
      readonly max_frame_bytes?: unknown;
    }
  | { readonly action: 'subscribe' | 'unsubscribe'; readonly room?: unknown }
  | { readonly action: 'list_rooms' | 'ping' };
/** A text that is no frame, with the code that PROTOCOL.md has for it. */
export type ModelText = { readonly text: string; readonly code: string };
export type ModelStep =
  | ModelFrame
  | ModelText
  | { readonly step: 'binary' | 'heartbeat' | 'end' }
  | { readonly step: 'pass'; readonly ms: number };

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const FREE_AUTHS = 120;

/** PROTOCOL.md's session, as plainly as it can be written: what a client is told at each step. */
export class SessionModel {
  state: 'waiting' | 'live' | 'closed' = 'waiting';
  rooms: string[] = [];
  #user: Principal | undefined;
  readonly #left = new Set<string>();
  readonly #frames = { fromMs: -Infinity, count: 0, refused: 0 };
  readonly #auths = { fromMs: -Infinity, count: 0, refused: 0 };
  readonly #freeMs = { ping: -Infinity, heartbeat: -Infinity };

  constructor(
    private readonly limits: SessionLimits,
    private readonly tokens: ReadonlyMap<string, { role: Principal['role']; userId: number; ttlMs: number }>,
    private nowMs: number,
  ) {}

  take(step: ModelStep): string[] {
    if (this.state === 'closed') return [];
    if (!('step' in step)) return this.#receive(step);
    switch (step.step) {
      case 'binary':
        return this.#receive({ text: '', code: 'INVALID_MESSAGE' });
      case 'heartbeat':
        return this.#isFree('heartbeat') || count(this.#frames, this.limits.maxFramesPerMinute, this.nowMs)
          ? []
          : this.#limited();
      case 'end':
        this.#close();
        return [];
      case 'pass':
        return this.#pass(step.ms);
    }
  }

  #pass(ms: number): string[] {
    const openedMs = this.nowMs;
    this.nowMs += ms;
    if (this.#user !== undefined)
      return this.nowMs >= this.#user.expiresAtMs ? this.#close('TOKEN_EXPIRED', 'tokenExpired') : [];
    this.#waitedMs += this.nowMs - openedMs;
    return this.#waitedMs >= this.limits.authTimeoutMs ? this.#close('AUTH_REQUIRED', 'noToken') : [];
  }
  #waitedMs = 0;

  #receive(frame: ModelFrame | ModelText): string[] {
    const free =
      'action' in frame &&
      (frame.action === 'auth'
        ? count(this.#auths, FREE_AUTHS, this.nowMs)
        : frame.action === 'ping' && this.#isFree('ping'));
    if (!free && !count(this.#frames, this.limits.maxFramesPerMinute, this.nowMs)) return this.#limited();
    if (this.#user === undefined) return this.#fromStranger(frame);
    if ('code' in frame) return [frame.code];
    switch (frame.action) {
      case 'auth':
        return this.#refresh(this.#user, frame);
      case 'subscribe':
        return this.#subscribe(this.#user, frame.room);
      case 'unsubscribe':
        return this.#unsubscribe(frame.room);
      case 'list_rooms':
        return [`rooms_list ${this.rooms.join(' ')}`];
      case 'ping':
        return ['pong'];
    }
  }

  #fromStranger(frame: ModelFrame | ModelText): string[] {
    if ('code' in frame)
      return this.#close(frame.code === 'AUTH_FAILED' ? 'AUTH_FAILED' : 'AUTH_REQUIRED', 'unauthenticated');
    if (frame.action !== 'auth') return this.#close('AUTH_REQUIRED', 'unauthenticated');
    if (frame.token === 'expired') return this.#close('TOKEN_EXPIRED', 'tokenExpired');
    const user = this.#userOf(frame.token);
    if (user === undefined) return this.#close('AUTH_FAILED', 'unauthenticated');
    this.#user = user;
    this.state = 'live';
    const own = ownOf(user);
    const { errors, rooms } = this.#asked(user, frame.rooms, own);
    this.rooms = [...own, ...rooms];
    return [...formErrors(frame), ...errors, ...this.rooms.map((room) => `subscribed ${room}`), 'connected'];
  }

  #refresh(before: Principal, frame: ModelFrame & { action: 'auth' }): string[] {
    if (frame.token === 'expired') return ['TOKEN_EXPIRED'];
    const user = this.#userOf(frame.token);
    const isOther = user?.userId !== before.userId;
    if (isOther || (user.role === 'customer') !== (before.role === 'customer')) return ['AUTH_FAILED'];
    this.#user = user;
    const lost = this.rooms.filter((room) => !mayJoin(user, room));
    const kept = this.rooms.filter((room) => mayJoin(user, room));
    const own = ownOf(user).filter((room) => !this.#left.has(room) && !kept.includes(room));
    const { errors, rooms } = this.#asked(user, frame.rooms, [...kept, ...own]);
    this.rooms = [...kept, ...own, ...rooms];
    return [
      ...formErrors(frame),
      ...lost.map((room) => `unsubscribed ${room}`),
      ...errors,
      ...[...own, ...rooms].map((room) => `subscribed ${room}`),
      'refreshed',
    ];
  }

  #subscribe(user: Principal, name: unknown): string[] {
    const room = parseRoom(name);
    if (room === undefined) return ['INVALID_ROOM'];
    const full = !this.rooms.includes(room) && this.rooms.length >= this.limits.maxRoomsPerSession;
    if (!mayJoin(user, room) || full) return ['ACCESS_DENIED'];
    if (!this.rooms.includes(room)) this.rooms.push(room);
    this.#left.delete(room);
    return [`subscribed ${room}`];
  }

  #unsubscribe(name: unknown): string[] {
    const room = parseRoom(name);
    if (room === undefined) return ['INVALID_ROOM'];
    this.rooms = this.rooms.filter((one) => one !== room);
    this.#left.add(room);
    return [`unsubscribed ${room}`];
  }

  #asked(user: Principal, asked: unknown, present: readonly string[]) {
    if (asked === undefined || asked === null) return { errors: [], rooms: [] };
    if (!Array.isArray(asked)) return { errors: ['INVALID_ROOM'], rooms: [] };
    const { maxRoomsPerSession: maxRooms } = this.limits;
    const errors: string[] = [];
    const rooms: string[] = [];
    for (const name of asked.slice(0, maxRooms) as unknown[]) {
      const room = parseRoom(name);
      if (room === undefined) errors.push('INVALID_ROOM');
      else if (!mayJoin(user, room)) errors.push('ACCESS_DENIED');
      else if (![...present, ...rooms].includes(room)) rooms.push(room);
    }
    const free = Math.max(0, maxRooms - present.length);
    if (asked.length > maxRooms || rooms.length > free) errors.push('ACCESS_DENIED');
    return { errors, rooms: rooms.slice(0, free) };
  }

  #userOf(token: string): Principal | undefined {
    const found = this.tokens.get(token);
    return found && { role: found.role, userId: found.userId, expiresAtMs: this.nowMs + found.ttlMs };
  }

  #isFree(kind: 'ping' | 'heartbeat'): boolean {
    if (this.nowMs - this.#freeMs[kind] < SECOND_MS) return false;
    this.#freeMs[kind] = this.nowMs;
    return true;
  }

  #limited(): string[] {
    const flooded = this.#frames.refused >= this.limits.maxRefusalsPerMinute;
    return flooded ? this.#close('RATE_LIMITED', 'tooManyFrames') : ['RATE_LIMITED'];
  }

  #close(code?: string, name?: string): string[] {
    this.state = 'closed';
    this.rooms = [];
    return code === undefined ? [] : [code, `close ${name ?? ''}`];
  }
}

function count(
  window: { fromMs: number; count: number; refused: number },
  limit: number,
  nowMs: number,
): boolean {
  if (nowMs - window.fromMs >= MINUTE_MS) Object.assign(window, { fromMs: nowMs, count: 0, refused: 0 });
  if (window.count >= limit) window.refused += 1;
  else window.count += 1;
  return window.refused === 0;
}

function ownOf({ role, userId }: Principal): string[] {
  if (role === 'admin') return ['admin', 'calendar'];
  return role === 'customer' ? [`customer_${userId}`] : [`${role}_${userId}`, 'calendar'];
}

function mayJoin(user: Principal, room: string): boolean {
  return user.role === 'admin' || ownOf(user).includes(room);
}

function formErrors({ events, max_frame_bytes: max }: ModelFrame & { action: 'auth' }): string[] {
  const badName = ![undefined, null, 'dotted', 'underscore'].includes(events as string | null | undefined);
  const badSize = !(max === undefined || max === null || (Number.isSafeInteger(max) && Number(max) >= 1_024));
  return [badName, badSize].filter(Boolean).map(() => 'INVALID_MESSAGE');
}
