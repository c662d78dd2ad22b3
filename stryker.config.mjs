import { area } from './tools/setup/stryker-areas.mjs';

/** Changes the code in one place at a time, and looks whether a test goes red. */
export default {
  mutate: area.mutate,
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'jest.stryker.config.js', enableFindRelatedTests: false },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Jest keeps the modules of past runs: a new process gives them back.
  maxTestRunnerReuse: 60,
  // A mutant that loops is killed by time alone: long enough for a machine that is busy.
  timeoutMS: 30_000,
  timeoutFactor: 4,
  dryRunTimeoutMinutes: 20,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `.data/stryker/${process.env.ROOMCAST_MUTATED_AREA ?? 'access'}.json` },
  tempDirName: '.data/stryker/sandboxes',
  ignorePatterns: ['/.data', '/dist', '/coverage', '/deploy', '/examples', '/bench'],
  // swc reads none, and to rewrite one for its sandbox Stryker would need TypeScript beside itself.
  tsconfigFile: 'none',
};
