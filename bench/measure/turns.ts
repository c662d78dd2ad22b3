/** Figures of one turn by name, such as `all, µs a frame`. */
export type Figures = Readonly<Record<string, number>>;

export interface Contender {
  readonly name: string;
  readonly turn: () => Promise<Figures>;
}

export interface TurnOptions {
  readonly rounds: number;
  /** Cores that processes other than ours may take during a turn. */
  readonly maxForeignCores: number;
  /** Starts a clock; tells the cores that others took since. */
  readonly foreignCores: () => () => number;
  /** A round with all of its turns but the last try of a disturbed one. */
  readonly onRound?: (kept: number) => void;
  /** Then no further round is begun. */
  readonly isOver?: () => boolean;
}

export interface Turns {
  /** By contender: its figures, the nth of each being of one round. */
  readonly figures: Readonly<Record<string, readonly Figures[]>>;
  /** Turns thrown away because others took the machine. */
  readonly disturbed: number;
  /** The most that others took in a turn that counts. */
  readonly foreignCores: number;
}

/** Of a disturbed turn, before its whole round is given up. */
const TRIES = 2;
/** So many rounds are begun for each that is wanted. */
const PATIENCE = 2;

/**
 * All contenders by turns: A B, B A, A B. A round counts whole or not at all, so that ratios are of neighbours in time. Ends with
 * fewer rounds than wanted where the machine gives no quiet ones.
 */
export async function takeTurns(
  contenders: readonly Contender[],
  { rounds, maxForeignCores, foreignCores, onRound, isOver = () => false }: TurnOptions,
): Promise<Turns> {
  const kept: Figures[][] = contenders.map(() => []);
  let disturbed = 0;
  let worst = 0;

  /** `undefined`: disturbed each time. */
  const quietTurn = async (contender: Contender) => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const foreignSince = foreignCores();
      const figures = await contender.turn();
      const foreign = foreignSince();
      if (foreign <= maxForeignCores) return { figures, foreign };
      disturbed += 1;
    }
    return undefined;
  };

  const round = async (order: readonly number[]) => {
    const taken = new Map<number, { figures: Figures; foreign: number }>();
    for (const index of order) {
      const contender = contenders[index];
      const turn = contender && (await quietTurn(contender));
      if (turn === undefined) return;
      taken.set(index, turn);
    }
    for (const [index, { figures, foreign }] of taken) {
      kept[index]?.push(figures);
      worst = Math.max(worst, foreign);
    }
  };

  const forwards = contenders.map((_, index) => index);
  const done = () => kept[0]?.length ?? 0;
  for (let begun = 0; done() < rounds && begun < rounds * PATIENCE && !isOver(); begun += 1) {
    await round(begun % 2 === 0 ? forwards : [...forwards].reverse());
    onRound?.(done());
  }
  const figures = Object.fromEntries(contenders.map(({ name }, index) => [name, kept[index] ?? []]));
  return { figures, disturbed, foreignCores: worst };
}
