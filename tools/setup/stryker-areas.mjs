const accept = (...names) => names.map((name) => `services/ingest/accept/${name}.ts`);
const session = (...names) => names.map((name) => `services/delivery/session/${name}.ts`);
const auth = (...names) => names.map((name) => `services/delivery/auth/${name}.ts`);

/**
 * What `npm run stryker -- AREA` mutates, and the tests that say how it behaves: few, since each mutant loads them all. None
 * needs a broker.
 */
export const areas = {
  access: {
    mutate: [...session('access'), 'shared/contract/rooms.ts'],
    tests: ['contract/{protocol,routing}.unit', 'delivery/access.unit'],
  },
  admission: {
    mutate: session('admission', 'shut-out', 'token-digest'),
    tests: ['delivery/{admission,shut-out,token-digest}.unit'],
  },
  tokens: {
    mutate: auth('claims', 'person', 'verify-token', 'signature', 'hs256', 'tickets'),
    tests: ['delivery/{hs256,tickets,token-claims,verify-token}.unit'],
  },
  'read-keys': { mutate: auth('read-keys', 'public-keys'), tests: ['delivery/read-keys.unit'] },
  'hold-keys': {
    mutate: auth('fetch-key-set', 'issuer-keys', 'keys-file', 'token-keys'),
    tests: ['delivery/{fetch-key-set,issuer-keys,keys-file,token-keys}.int'],
  },
  'api-keys': {
    mutate: ['auth', 'key-bytes', 'key-guesses'].map((name) => `services/ingest/http/${name}.ts`),
    tests: ['ingest/{auth,key-bytes,key-guesses}.unit'],
  },
  accept: { mutate: accept('accept', 'rooms-of'), tests: ['ingest/{accept,accept-options,rooms-of}.unit'] },
  schemas: { mutate: accept('schemas'), tests: ['ingest/schemas.unit'] },
  problems: { mutate: accept('event-names', 'problems'), tests: ['ingest/{event-names,problems}.unit'] },
  input: { mutate: accept('cloud-events', 'read-input'), tests: ['ingest/{cloud-events,read-input}.unit'] },
  'event-data': { mutate: accept('event-data'), tests: ['ingest/event-data.unit'] },
  companion: { mutate: accept('companion'), tests: ['ingest/companion.unit'] },
  contents: { mutate: accept('contents'), tests: ['ingest/{contents,remembered}.unit'] },
  'good-event': { mutate: accept('good-event'), tests: ['ingest/good-event.unit'] },
  repeats: { mutate: accept('repeats', 'remembered'), tests: ['ingest/{repeats,remembered}.unit'] },
  size: { mutate: accept('data-size'), tests: ['ingest/data-size.unit'] },
  'content-encoding': { mutate: accept('content-encoding'), tests: ['ingest/content-encoding.unit'] },
  'secret-keys': { mutate: accept('secret-keys'), tests: ['ingest/secret-keys.unit'] },
  json: {
    mutate: accept('json', 'json-position', 'json-shape'),
    tests: ['ingest/{json,json-position}.unit'],
  },
  'json-survival': { mutate: accept('json-survival'), tests: ['ingest/json-survival.unit'] },
  intake: { mutate: accept('intake'), tests: ['ingest/{intake,intake-bounds,intake-hand-over,pace}.unit'] },
};

/** The one that `stryker.mjs` asks for. */
export const area = areas[process.env.ROOMCAST_MUTATED_AREA ?? 'access'];
