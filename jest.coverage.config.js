import jest from './jest.config.js';
import { pureFolders, wiring } from './pure-folders.js';

/** Percent of statements and of branches, as far as the unit tests get today: raise one when they get further. */
const gates = {
  'shared/contract': [99, 94],
  'shared/core': [98, 87],
  'cli/core': [95, 90],
  'services/ingest/accept': [96, 93],
  'services/ingest/backends/easyappointments': [95, 93],
  'services/delivery/session': [98, 95],
  'services/delivery/stream': [94, 89],
  'services/push/decision': [98, 95],
  'services/push/sending': [95, 90],
  'services/push/texts': [98, 93],
  'services/push/waking': [98, 88],
};

/** `npm run coverage`: what the unit tests alone reach of the folders without I/O. */
export default {
  ...jest,
  testMatch: ['<rootDir>/test/{cli,contract,core,delivery,ingest,push}/**/*.unit.test.ts'],
  // Of the broker.
  globalSetup: undefined,
  globalTeardown: undefined,
  collectCoverage: true,
  collectCoverageFrom: [
    ...pureFolders.map((folder) => `${folder}/**/*.ts`),
    ...wiring.map((files) => `!${files}`),
    // What HTTP and the inbox call of a backend: their integration tests cover it.
    '!services/ingest/backends/*/{routes,inbox-message}.ts',
  ],
  // A file without code, such as one of types only, counts for nothing; V8's own coverage takes each of its lines for missed.
  coverageProvider: 'babel',
  coverageReporters: ['text', 'html'],
  coverageThreshold: Object.fromEntries(
    Object.entries(gates).map(([folder, [statements, branches]]) => [
      `./${folder}/`,
      { statements, branches },
    ]),
  ),
};
