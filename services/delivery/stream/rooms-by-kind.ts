import { roomKinds } from '../../../shared/contract/rooms.ts';
import { EVERYONE, personalKindOf, type Address } from '../../../shared/contract/routing.ts';

/** How many rooms there are of each kind, and 0 for a kind without any. */
export function roomsByKind(addresses: Iterable<Address>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(roomKinds.map((kind) => [kind, 0]));
  for (const room of addresses) {
    if (room === EVERYONE) continue;
    const kind = personalKindOf(room) ?? room;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
