export interface Saves {
  readonly bodies: readonly string[];
  /** How many of them are announced. */
  readonly announced: number;
}

/**
 * Saves of appointments from `firstId` on, by turns: a new one, the same with a change, and again without one. The mark is in
 * the note of each.
 */
export function saves(fixture: string, count: number, firstId: number, mark: string): Saves {
  const { action, payload } = JSON.parse(fixture) as { action: string; payload: object };
  let announced = 0;
  const bodies = Array.from({ length: count }, (_, n) => {
    const id = firstId + Math.floor(n / 3);
    const turn = n % 3;
    if (turn !== 2) announced += 1;
    const notes = `${mark}${turn === 0 ? 'new' : 'changed'}`;
    return JSON.stringify({ action, payload: { ...payload, id, notes } });
  });
  return { bodies, announced };
}
