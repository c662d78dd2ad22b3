import type { CloseName } from '../../../shared/contract/close-codes.ts';
import { parseRoom, personalKindOf, personalRoom, type Room } from '../../../shared/contract/routing.ts';
import { ROOM_FORMS, roleRules, type Role, type RoleRule } from '../../../shared/contract/rooms.ts';
import type { FrameErrorCode } from '../../../shared/contract/frames.ts';

/** What a client brings when it enters; from its first frame, its headers or its URL. */
export interface Credentials {
  readonly token: string;
  readonly cursor?: unknown;
  readonly rooms?: unknown;
  readonly events?: unknown;
  readonly max_frame_bytes?: unknown;
}

/** Who a verified token says its bearer is, and until when. */
export interface Principal {
  readonly userId: number;
  readonly role: Role;
  readonly expiresAtMs: number;
  /** Where the token has them: `iat` and `jti`, by which it may be revoked. */
  readonly issuedAtMs?: number | undefined;
  readonly tokenId?: string | undefined;
}

export interface Refused {
  readonly refused: keyof typeof closesFor;
  readonly message: string;
}

export type TokenVerdict = { readonly principal: Principal } | Refused;

/** How a session ends whose token is refused; overloaded: it cannot be judged yet. */
export const closesFor = {
  AUTH_FAILED: 'unauthenticated',
  TOKEN_EXPIRED: 'tokenExpired',
  OVERLOADED: 'overloaded',
} as const satisfies Partial<Record<FrameErrorCode, CloseName>>;

export type Verify = (token: string) => TokenVerdict | Promise<TokenVerdict>;

/** Of a user on all their devices. Ids are unique within a role only: provider 4 and customer 4 are two people. */
export function userKeyOf({ role, userId }: Pick<Principal, 'role' | 'userId'>): string {
  return `${role}:${userId}`;
}

/** Staff change roles and stay who they are; a customer with the id of one of them is somebody else. */
export function isSamePerson(one: Principal, other: Principal): boolean {
  return one.userId === other.userId && isCustomer(one) === isCustomer(other);
}

function isCustomer({ role }: Principal): boolean {
  return role === 'customer';
}

/** Rooms that a principal is in without asking, in the order in which they are announced. */
export function ownRooms({ role, userId }: Pick<Principal, 'role' | 'userId'>): readonly Room[] {
  const { personal, shared }: RoleRule = roleRules[role];
  return [...personal.map((kind) => personalRoom(kind, userId)), ...shared];
}

/** Where events come that concern the user alone; an admin has none. */
export function personalRoomOf(principal: Pick<Principal, 'role' | 'userId'>): Room | undefined {
  return ownRooms(principal).find((room) => personalKindOf(room) !== undefined);
}

export function mayJoin(principal: Principal, room: Room): boolean {
  return roleRules[principal.role].mayJoinAny || ownRooms(principal).includes(room);
}

export type RoomVerdict =
  | { readonly room: Room }
  | { readonly refused: FrameErrorCode; readonly message: string };

/** What a client's room name comes to for this principal. */
export function admit(principal: Principal, name: unknown): RoomVerdict {
  const room = parseRoom(name);
  if (room === undefined) return { refused: 'INVALID_ROOM', message: describeInvalid(name) };
  if (mayJoin(principal, room)) return { room };
  return { refused: 'ACCESS_DENIED', message: `A ${principal.role} may not join ${room}.` };
}

function describeInvalid(name: unknown): string {
  if (typeof name !== 'string') return 'Name a "room", such as "provider_4".';
  return `${JSON.stringify(name.slice(0, 60))} is no room: expected ${ROOM_FORMS}.`;
}
