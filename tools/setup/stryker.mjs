import { areas } from './stryker-areas.mjs';
import { npm } from './install.mjs';
import { SetupError } from './paths.mjs';
import { run } from './tests.mjs';

/** The last that runs on the Node of ours. By npx: nothing else needs its 168 packages. */
const VERSION = '9.6.1';

/** Mutates one area, or these files of it; resolves to the exit code. */
export function runStryker([name = '', ...files]) {
  if (!Object.hasOwn(areas, name)) {
    throw new SetupError(`usage: npm run stryker -- ${Object.keys(areas).join(' | ')} [FILE …]`);
  }
  const packages = ['core', 'jest-runner'].map((part) => `--package=@stryker-mutator/${part}@${VERSION}`);
  const only = files.length === 0 ? [] : ['--mutate', files.join(',')];
  const env = { ...process.env, ROOMCAST_MUTATED_AREA: name };
  return run(...npm('exec', '--yes', ...packages, '--', 'stryker', 'run', ...only), env);
}
