export interface Saves {
  readonly bodies: readonly string[];
  /** How many of them are announced. */
  readonly announced: number;
}

/** Saves of appointments from `firstId` on, by turns: a new one, the same with a change, and again without one. */
export function saves(fixture: string, count: number, firstId: number): Saves {
  const { action, payload } = JSON.parse(fixture) as { action: string; payload: object };
  let announced = 0;
  const bodies = Array.from({ length: count }, (_, n) => {
    const id = firstId + Math.floor(n / 3);
    const turn = n % 3;
    if (turn !== 2) announced += 1;
    const notes = turn === 0 ? 'new' : 'changed';
    return JSON.stringify({ action, payload: { ...payload, id, notes } });
  });
  return { bodies, announced };
}
