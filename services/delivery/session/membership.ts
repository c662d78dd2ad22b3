import { errorFrame, type ErrorFrame, type ServerFrame } from '../../../shared/contract/frames.ts';
import { roles } from '../../../shared/contract/rooms.ts';
import { EVERYONE, parseRoom, type Address, type Room } from '../../../shared/contract/routing.ts';
import type { EventStream, StreamMember } from '../stream/event-stream.ts';
import { admit, mayJoin, ownRooms, type Principal } from './access.ts';

export type RoomStream = Pick<EventStream, 'join' | 'leave' | 'leaveAll' | 'roomsOf' | 'writeGathered'>;

/** Without what reaches every session, whatever its rooms. */
export function roomsOf(member: StreamMember, stream: Pick<RoomStream, 'roomsOf'>): readonly Room[] {
  return [...stream.roomsOf(member)].filter((room): room is Room => room !== EVERYONE);
}

/** Which rooms one session is in, and the frames that say so. */
export class Membership {
  /** Rooms that the user left and a refresh would join: it does not. Of others nothing is kept, since a client could name millions. */
  #left: Set<Room> | undefined;

  constructor(
    private readonly stream: RoomStream,
    private readonly member: StreamMember,
    private readonly maxRooms: number,
  ) {}

  get rooms(): readonly Room[] {
    return roomsOf(this.member, this.stream);
  }

  /** Joins the rooms of the role and those asked for besides; an error frame for each that cannot be joined. */
  async enter(principal: Principal, asked: unknown): Promise<readonly ServerFrame[]> {
    const own = ownRooms(principal);
    const { rooms, errors } = this.#admitAll(principal, asked, own);
    const wanted = [...own, ...rooms];
    const all: readonly Address[] = [EVERYONE, ...wanted];
    await Promise.all(all.map((room) => this.stream.join(this.member, room)));
    return [...errors, ...wanted.map((room) => ({ type: 'subscribed', room }) as const)];
  }

  async subscribe(principal: Principal, name: unknown): Promise<ServerFrame> {
    const verdict = admit(principal, name);
    if ('refused' in verdict) return errorFrame(verdict.refused, verdict.message);
    const { room } = verdict;
    const { rooms } = this;
    if (!rooms.includes(room) && rooms.length >= this.maxRooms) return this.#tooMany();
    await this.stream.join(this.member, room);
    this.#left?.delete(room);
    return { type: 'subscribed', room };
  }

  unsubscribe({ userId }: Principal, name: unknown): ServerFrame {
    const room = parseRoom(name);
    if (room === undefined) return errorFrame('INVALID_ROOM', 'Name a room, such as "provider_4".');
    this.stream.leave(this.member, room);
    if (roles.some((role) => ownRooms({ role, userId }).includes(room)))
      this.#left = (this.#left ?? new Set()).add(room);
    return { type: 'unsubscribed', room };
  }

  /** Makes the rooms follow new claims of the same user. */
  async refresh(principal: Principal, asked: unknown): Promise<readonly ServerFrame[]> {
    const before = this.rooms;
    const lost = before.filter((room) => !mayJoin(principal, room));
    for (const room of lost) this.stream.leave(this.member, room);
    const isMissing = (room: Room) => this.#left?.has(room) !== true && !before.includes(room);
    const own = ownRooms(principal).filter(isMissing);
    const { rooms, errors } = this.#admitAll(principal, asked, [...this.rooms, ...own]);
    const gained = [...own, ...rooms];
    await Promise.all(gained.map((room) => this.stream.join(this.member, room)));
    return [
      ...lost.map((room) => ({ type: 'unsubscribed', room }) as const),
      ...errors,
      ...gained.map((room) => ({ type: 'subscribed', room }) as const),
    ];
  }

  /** Rooms to join beside the present ones, up to the bound of a session. */
  #admitAll(
    principal: Principal,
    asked: unknown,
    present: readonly Room[],
  ): { rooms: readonly Room[]; errors: readonly ErrorFrame[] } {
    if (asked === undefined || asked === null) return { rooms: [], errors: [] };
    if (!Array.isArray(asked)) {
      return { rooms: [], errors: [errorFrame('INVALID_ROOM', '"rooms" is a list of room names.')] };
    }
    const rooms = new Set<Room>();
    const errors: ErrorFrame[] = [];
    for (const name of asked.slice(0, this.maxRooms)) {
      const verdict = admit(principal, name);
      if ('refused' in verdict) errors.push(errorFrame(verdict.refused, verdict.message));
      else if (!present.includes(verdict.room)) rooms.add(verdict.room);
    }
    const free = Math.max(0, this.maxRooms - present.length);
    if (asked.length > this.maxRooms || rooms.size > free) errors.push(this.#tooMany());
    return { rooms: [...rooms].slice(0, free), errors };
  }

  #tooMany(): ErrorFrame {
    return errorFrame('ACCESS_DENIED', `A session may be in ${this.maxRooms} rooms. Leave one first.`);
  }
}
