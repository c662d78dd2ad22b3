import shared from './jest.config.js';

/** The tests of the compose stack: they bring their own broker, and take minutes. */
export default {
  ...shared,
  testMatch: ['<rootDir>/test/docker/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: null,
  globalTeardown: null,
};
