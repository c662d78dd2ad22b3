/** Rooms that are addresses of their own. */
export const sharedRooms = ['admin', 'calendar'] as const;
export type SharedRoom = (typeof sharedRooms)[number];

/** Kinds of rooms that belong to one person; the id follows an underscore. */
export const personalKinds = ['provider', 'secretary', 'customer'] as const;
export type PersonalKind = (typeof personalKinds)[number];

export const roomKinds = [...sharedRooms, ...personalKinds] as const;

export interface RoleRule {
  /** Kinds of which a user joins their own room at once; announced before `shared`. */
  readonly personal: readonly PersonalKind[];
  /** Joined at once, too. */
  readonly shared: readonly SharedRoom[];
  /** Whether it may join every other room besides. */
  readonly mayJoinAny: boolean;
}

/** Every role of a token, and who may join what. */
export const roleRules = {
  admin: { personal: [], shared: ['admin', 'calendar'], mayJoinAny: true },
  provider: { personal: ['provider'], shared: ['calendar'], mayJoinAny: false },
  secretary: { personal: ['secretary'], shared: ['calendar'], mayJoinAny: false },
  customer: { personal: ['customer'], shared: [], mayJoinAny: false },
} as const satisfies Readonly<Record<string, RoleRule>>;
export type Role = keyof typeof roleRules;
export const roles = Object.keys(roleRules) as readonly Role[];

/** `a, b or c`. */
export function oneOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}

/** Every room, in words. */
export const ROOM_FORMS = oneOf([...sharedRooms, ...personalKinds.map((kind) => `${kind}_{id}`)]);
