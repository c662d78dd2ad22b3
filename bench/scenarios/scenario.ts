import type { Wanted } from '../measure/results.ts';
import type { Contender } from '../measure/turns.ts';
import type { Peer, World } from '../peers/peer.ts';

export interface Prepared extends Omit<Contender, 'name'> {
  readonly end: () => Promise<void>;
}

/** One that takes turns with the others: starts, connects its clients, warms up. */
export interface ContenderPlan {
  readonly name: string;
  /** Throws `PeerMissing` where the machine cannot run it. */
  prepare(world: World): Promise<Prepared>;
}

export interface ScenarioOptions {
  /** Fewer sockets and events, and only what needs nothing to be installed. */
  readonly quick: boolean;
  /** Peers to take turns with, besides the scenario's own. */
  readonly besides: readonly Peer[];
}

export interface Scenario {
  readonly name: string;
  readonly does: string;
  /** What happens before the first turn. */
  readonly warmUp: string;
  readonly goals: readonly Wanted[];
  /** Rounds of a full run. */
  readonly rounds: number;
  /** Whether `--quick` has it. */
  readonly quick: boolean;
  contenders(options: ScenarioOptions): readonly ContenderPlan[];
}
