import { foreignClock } from './measure/processor.ts';
import { takeTurns, type Contender, type Turns } from './measure/turns.ts';
import { PeerMissing } from './peers/peer.ts';
import type { Prepared, Scenario, ScenarioOptions } from './scenarios/scenario.ts';
import type { BenchWorld } from './world.ts';

export interface RunOptions extends ScenarioOptions {
  readonly world: BenchWorld;
  readonly rounds: number;
  readonly maxForeignCores: number;
  readonly isOver: () => boolean;
  readonly say: (text: string) => void;
}

/** Starts all that take part, lets them take turns, and stops them. */
export async function runScenario(
  scenario: Scenario,
  { world, rounds, maxForeignCores, isOver, say, ...options }: RunOptions,
): Promise<Turns> {
  const prepared: (Contender & Prepared)[] = [];
  try {
    for (const plan of scenario.contenders(options)) {
      try {
        const { turn, end } = await plan.prepare(world);
        prepared.push({ name: plan.name, turn, end });
      } catch (error) {
        if (!(error instanceof PeerMissing)) throw error;
        say(`  left out ${plan.name}: ${error.message}`);
      }
    }
    return await takeTurns(prepared, {
      rounds,
      maxForeignCores,
      isOver,
      foreignCores: () => foreignClock(world.pidsElsewhere),
    });
  } finally {
    await Promise.all(prepared.map(({ end }) => end()));
  }
}
