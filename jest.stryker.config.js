import jest from './jest.config.js';
import { area } from './tools/setup/stryker-areas.mjs';

/** The tests of one area, without a broker. */
export default {
  ...jest,
  testMatch: area.tests.map((files) => `<rootDir>/test/${files}.test.ts`),
  globalSetup: undefined,
  globalTeardown: undefined,
};
