import { parseId } from './ids.ts';

/** Kinds of rooms that belong to one person; the id follows an underscore. */
export const personalKinds = ['provider', 'secretary', 'customer'] as const;
export type PersonalKind = (typeof personalKinds)[number];

/** Rooms that are addresses of their own. */
export const sharedRooms = ['admin', 'calendar'] as const;

/** An address: `admin`, `calendar`, `provider_{id}`, `secretary_{id}`, `customer_{id}`. */
export type Room = (typeof sharedRooms)[number] | `${PersonalKind}_${number}`;

/** Reaches every session. Not a room: neither a client nor a backend can name it. */
export const EVERYONE = 'everyone';

/** What a message can be addressed to. */
export type Address = Room | typeof EVERYONE;

export const ROOM_EXPECTED =
  'expected admin, calendar, provider_{id}, secretary_{id} or customer_{id} with a positive whole id';

export function personalRoom(kind: PersonalKind, id: number): Room {
  return `${kind}_${id}`;
}

export function personalKindOf(room: Room): PersonalKind | undefined {
  return personalKinds.find((kind) => room.startsWith(`${kind}_`));
}

export function parseRoom(name: unknown): Room | undefined {
  if (typeof name !== 'string') return undefined;
  const shared = sharedRooms.find((room) => room === name);
  if (shared !== undefined) return shared;
  const kind = personalKinds.find((candidate) => name.startsWith(`${candidate}_`));
  if (kind === undefined) return undefined;
  const id = parseId(name.slice(kind.length + 1));
  return id === undefined ? undefined : personalRoom(kind, id);
}

/** `provider_5` → `provider.5`, so that one binding can widen to `provider.*`. */
export function routingKeyOf(address: Address): string {
  return address.replace('_', '.');
}

export function widePatternOf(kind: PersonalKind): string {
  return `${kind}.*`;
}

/** Key of the marks of one delivery instance; the word `mark` is no room. */
export function markKeyOf(instance: string): string {
  return `mark.${instance}`;
}
