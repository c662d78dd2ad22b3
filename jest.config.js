import SharedPackages from './test/support/shared-packages.cjs';

/** Jest runs the TypeScript sources as ES modules; swc strips the types, `npm run check` checks them. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // A source map inside each module would be read again with the module in every suite.
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { sourceMaps: true, jsc: { target: 'es2022', parser: { syntax: 'typescript' } } },
    ],
  },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/docker/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/client/dist/', '<rootDir>/.data/'],
  runtime: '<rootDir>/test/support/shared-packages.cjs',
  moduleNameMapper: SharedPackages.moduleNameMapper,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Jest never lets go of an ES module: without a bound a worker has grown to 2 GiB at the end of a run.
  workerIdleMemoryLimit: '800MB',
  // How long a test may take is set there: longer on a machine that is busy.
  setupFilesAfterEnv: ['<rootDir>/test/support/set-test-timeout.ts'],
};
