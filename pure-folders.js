/** The folders without I/O: the linter holds them to it, and unit tests alone have to cover them. */
export const pureFolders = [
  'shared/contract',
  'shared/core',
  'cli/core',
  'services/ingest/accept',
  'services/ingest/backends/easyappointments',
  'services/delivery/receipts',
  'services/delivery/session',
  'services/delivery/stream',
  'services/push/decision',
  'services/push/sending',
  'services/push/texts',
  'services/push/waking',
];

/** What puts the parts of its folder together, and so may import the adapters; integration tests cover it. */
export const wiring = [
  'services/ingest/backends/{all,backend}.ts',
  'services/ingest/backends/easyappointments/{backend,ledger-stream}.ts',
  'services/ingest/backends/easyappointments/api/**',
  'services/delivery/session/{live-session,sessions}.ts',
  'services/delivery/stream/{event-stream,fan-out-meter}.ts',
];
