import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ContenderPlan, Scenario } from './scenario.ts';

const figure = 'heap, bytes an appointment';
const nameOf = (appointments: number) => `${appointments} appointments`;
const [FEW, MANY] = [10_000, 100_000];

export const ledger: Scenario = {
  name: 'ledger',
  does: "what ingest's memory of Easy!Appointments takes",
  warmUp: '500 appointments',
  rounds: 3,
  quick: false,
  goals: [{ figure, of: nameOf(MANY), against: nameOf(FEW), atMost: 1.05 }],
  contenders: () => [FEW, MANY].map(remembering),
};

function remembering(appointments: number): ContenderPlan {
  const args = ['--expose-gc', 'dist/bench/ledger-memory.main.js', String(appointments)];
  return {
    name: nameOf(appointments),
    prepare: () =>
      Promise.resolve({
        turn: async () => {
          const { stdout } = await promisify(execFile)(process.execPath, args);
          const { bytes } = JSON.parse(stdout) as { readonly bytes: number };
          return { [figure]: bytes / appointments };
        },
        end: () => Promise.resolve(),
      }),
  };
}
