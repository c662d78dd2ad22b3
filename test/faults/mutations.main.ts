import { parseArgs } from 'node:util';
import { mutate, mutations, type Mutation } from './mutations.ts';
import { runFaults } from './run.ts';
import { createRunFolder } from './run-folder.ts';
import { optionsFor, wrongIn, type ScenarioName } from './scenarios.ts';

const USAGE = `npm run mutations -- [--only WORDS]
  Breaks each guarantee on purpose, in a copy of the build, and shows that a fault run notices. WORDS picks mutations.`;
/** A broken system need not be waited for as long as a working one. */
const FINISH_MS = 45_000;

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, help: { type: 'boolean', default: false } },
});

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const chosen = mutations.filter(({ name }) => name.includes(values.only));
  await checkThatAllFit(chosen);
  const failures: string[] = [];
  for (const scenario of new Set(chosen.map((mutation) => mutation.scenario))) {
    const wrong = await play(scenario);
    say(`${wrong.length === 0 ? 'green' : 'RED  '}  as it is: ${scenario}${list(wrong)}`);
    if (wrong.length > 0) failures.push(`the unchanged code fails: ${scenario}`);
    for (const mutation of chosen.filter((one) => one.scenario === scenario)) {
      const caught = await play(scenario, mutation);
      say(`${caught.length > 0 ? 'red  ' : 'GREEN'}  ${mutation.name}${list(caught)}`);
      if (caught.length === 0) failures.push(`nobody noticed: ${mutation.name}`);
    }
  }
  for (const failure of failures) say(`FAILED: ${failure}`);
  say(failures.length === 0 ? `All ${chosen.length} mutations were caught.` : `${failures.length} failures.`);
  return failures.length === 0 && chosen.length > 0 ? 0 : 1;
}

/** Before anything is started, so that one that no longer fits is known at once. */
async function checkThatAllFit(chosen: readonly Mutation[]): Promise<void> {
  for (const mutation of chosen) {
    const folder = createRunFolder();
    try {
      mutate(folder.dist, mutation);
    } finally {
      await folder.remove();
    }
  }
}

async function play(scenario: ScenarioName, mutation?: Mutation): Promise<readonly string[]> {
  const { verdict, folder } = await runFaults({
    ...optionsFor(scenario),
    seed: 1,
    finishMs: mutation === undefined ? undefined : FINISH_MS,
    say: () => undefined,
    prepare: (dist) => {
      if (mutation !== undefined) mutate(dist, mutation);
    },
  });
  const wrong = wrongIn(scenario, verdict);
  await folder.remove({ keepLogs: mutation === undefined && wrong.length > 0 });
  return wrong;
}

function list(wrong: readonly string[]): string {
  const shown = wrong.slice(0, 3).join(', ');
  return wrong.length === 0 ? '' : ` (${shown}${wrong.length > 3 ? `, and ${wrong.length - 3} more` : ''})`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
