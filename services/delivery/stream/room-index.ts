import { roomKinds } from '../../../shared/contract/rooms.ts';
import { EVERYONE, personalKindOf, type Address } from '../../../shared/contract/routing.ts';

/** Who is in which room: two maps changed together. A member remembers the position at which it joined. */
export class RoomIndex<Member> {
  readonly #members = new Map<Address, Map<Member, number>>();
  readonly #rooms = new Map<Member, Set<Address>>();

  get roomCount(): number {
    return this.#members.size - (this.#members.has(EVERYONE) ? 1 : 0);
  }

  /** How many rooms there are of each kind, and 0 for a kind without any. */
  countByKind(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>(roomKinds.map((kind) => [kind, 0]));
    for (const room of this.#members.keys()) {
      if (room === EVERYONE) continue;
      const kind = personalKindOf(room) ?? room;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return counts;
  }

  /** Each member of a room with the position at which it joined. */
  members(room: Address): ReadonlyMap<Member, number> | undefined {
    return this.#members.get(room);
  }

  roomsOf(member: Member): ReadonlySet<Address> {
    return this.#rooms.get(member) ?? new Set();
  }

  has(room: Address, member: Member): boolean {
    return this.#members.get(room)?.has(member) ?? false;
  }

  /** `false` if the member was there already; it keeps the position of the first time. */
  join(room: Address, member: Member, position: number): boolean {
    const members = this.#members.get(room) ?? new Map<Member, number>();
    if (members.has(member)) return false;
    this.#members.set(room, members.set(member, position));
    const rooms = this.#rooms.get(member) ?? new Set<Address>();
    this.#rooms.set(member, rooms.add(room));
    return true;
  }

  leave(room: Address, member: Member): boolean {
    const members = this.#members.get(room);
    if (members?.delete(member) !== true) return false;
    if (members.size === 0) this.#members.delete(room);
    const rooms = this.#rooms.get(member);
    rooms?.delete(room);
    if (rooms?.size === 0) this.#rooms.delete(member);
    return true;
  }
}
