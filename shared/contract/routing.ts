import { ID_DIGITS, parseId } from './ids.ts';
import { personalKinds, ROOM_FORMS, sharedRooms, type PersonalKind, type SharedRoom } from './rooms.ts';

export type Room = SharedRoom | `${PersonalKind}_${number}`;

/** Reaches every session. Not a room: neither a client nor a backend can name it. */
export const EVERYONE = 'everyone';

/** What a message can be addressed to. */
export type Address = Room | typeof EVERYONE;

export const ROOM_EXPECTED = `expected ${ROOM_FORMS} with a positive whole id`;

/** Every room matches it, and what matches is a room unless its id is too large. */
export const ROOM_PATTERN = `^(${[...sharedRooms, `(${personalKinds.join('|')})_${ID_DIGITS}`].join('|')})$`;

export function personalRoom(kind: PersonalKind, id: number): Room {
  return `${kind}_${id}`;
}

export function personalKindOf(address: string): PersonalKind | undefined {
  return personalKinds.find((kind) => address.startsWith(`${kind}_`));
}

export function parseRoom(name: unknown): Room | undefined {
  if (typeof name !== 'string') return undefined;
  const shared = sharedRooms.find((room) => room === name);
  if (shared !== undefined) return shared;
  const kind = personalKindOf(name);
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

/** Patterns of which any one brings everything for a room. */
export function patternsOf(room: Address): readonly string[] {
  const kind = personalKindOf(room);
  return kind === undefined ? [routingKeyOf(room)] : [routingKeyOf(room), widePatternOf(kind)];
}

/** Key of the marks of one delivery instance; the word `mark` is no room. */
export function markKeyOf(instance: string): string {
  return `mark.${instance}`;
}

/** Key of what is asked of every delivery instance; the word is no room. */
export const CONTROL_KEY = 'control';
