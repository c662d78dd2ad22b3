import { recommended, strict, untyped } from './lint-rules.js';
import { pureFolders, wiring } from './pure-folders.js';

const on = (names) => Object.fromEntries(names.map((name) => [name, 'error']));

/** A regex for what goes on otherwise than with one of these words, letter by letter: the linter knows no `(?!)`. */
const otherThan = (...words) => {
  const beginnings = new Set(words.flatMap((word) => Array.from(word, (_, at) => word.slice(0, at))));
  const ways = Array.from(beginnings, (beginning) => {
    const next = words.filter((word) => word.startsWith(beginning)).map((word) => word[beginning.length]);
    return `${beginning.replaceAll('.', '\\.')}([^${next.join('')}]|$)`;
  });
  return `(${ways.join('|')})`;
};
/** One block per folder: what it may not import. `ingest` and `delivery` meet only in `shared/`. */
const boundary = (files, ...patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});
const io = {
  regex: `^(node:${otherThan('crypto')}.*|ws|amqplib|pino|fastify|prom-client|jsonwebtoken)$`,
  message: 'This folder is pure: take what you need as a port.',
};
const services = { regex: '/(services|cli)/', message: 'shared/ knows no service and no command.' };
const meets = 'services meet only in shared/; cli/ stands above them.';
const ingest = { regex: '/(ingest|push|cli)/', message: `delivery: ${meets}` };
const delivery = { regex: '/(delivery|push|cli)/', message: `ingest: ${meets}` };
const others = { regex: '/(ingest|delivery|cli)/', message: `push: ${meets}` };
/** Folders of the same service, from whatever depth. */
const siblings = (...names) => ({
  regex: `^(\\.\\./)+(${names.join('|')})/`,
  message: 'This folder does not know that one; service.ts wires them.',
});
/** Everything of a backend but the interface, which says what each is to the rest. */
const backends = {
  regex: `/backends/${otherThan('backend.ts')}`,
  message: 'This folder knows no backend by name: service.ts hands it the list.',
};
const pureGlobals = {
  'no-restricted-globals': [
    'error',
    ...['process', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
      name,
      message: 'This folder is pure: take a port.',
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'This folder is pure: take a clock.' },
  ],
};

export default {
  ignorePatterns: ['dist/', 'client/dist/', 'node_modules/', '.data/', 'coverage/'],
  plugins: ['typescript'],
  categories: { correctness: 'off' },
  env: { builtin: true },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  rules: on(recommended),
  overrides: [
    {
      files: ['**/*.ts'],
      rules: {
        ...on(strict),
        'typescript/ban-ts-comment': ['error', { minimumDescriptionLength: 10 }],
        'typescript/restrict-plus-operands': [
          'error',
          {
            allowAny: false,
            allowBoolean: false,
            allowNullish: false,
            allowNumberAndString: false,
            allowRegExp: false,
          },
        ],
        'typescript/return-await': ['error', 'error-handling-correctness-only'],
        'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
        'typescript/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
        'typescript/no-confusing-void-expression': [
          'error',
          { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
        ],
        'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
        'max-lines': ['error', 300],
        eqeqeq: 'error',
        'no-console': 'error',
      },
    },
    {
      files: ['**/*.{ts,js,mjs}'],
      // A `describe` is as long as its tests.
      excludeFiles: ['test/**/*.test.ts'],
      rules: { 'max-lines-per-function': ['error', { max: 60 }] },
    },
    { files: ['tools/**'], rules: { 'no-console': 'off' } },
    {
      files: ['**/*.{js,jsx,mjs}'],
      rules: on(untyped),
    },
    {
      files: ['**/*.{js,mjs}'],
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly' },
    },
    { files: ['**/*.jsx'], env: { browser: true } },
    {
      files: ['shared/monitoring/page/*.js'],
      globals: Object.fromEntries(
        [
          ...['document', 'location', 'fetch', 'setTimeout', 'AbortSignal', 'matchMedia', 'getComputedStyle'],
          ...['ResizeObserver', 'HTMLElement', 'HTMLButtonElement', 'HTMLOListElement', 'HTMLUListElement'],
          ...['HTMLFormElement', 'HTMLInputElement', 'AbortController', 'Headers'],
        ].map((name) => [name, 'readonly']),
      ),
    },
    {
      files: pureFolders.map((folder) => `${folder}/**`),
      excludeFiles: wiring,
      rules: pureGlobals,
    },
    boundary(['shared/contract/**'], io, services, {
      regex: `^\\.\\./${otherThan('contract/')}`,
      message: 'The contract stands alone.',
    }),
    boundary(['shared/core/**'], io, services, { regex: '^\\.\\./', message: 'The core stands alone.' }),
    boundary(['shared/{broker,config,devices,monitoring,service}/**'], services),
    boundary(['cli/core/**'], io, {
      regex: `^\\.\\./${otherThan('../shared/contract/', '../shared/core/')}`,
      message: 'The core of the commands is pure.',
    }),
    boundary(['services/ingest/accept/**'], io, delivery, siblings('http', 'inbox', 'publish', 'backends')),
    boundary(['services/ingest/publish/**'], delivery, siblings('http', 'inbox', 'backends')),
    boundary(['services/ingest/inbox/**'], delivery, siblings('http'), backends),
    boundary(['services/ingest/http/**'], delivery, siblings('inbox', 'publish'), backends),
    boundary(['services/ingest/backends/**'], delivery, siblings('http', 'inbox', 'publish'), io),
    boundary(['services/ingest/*.ts'], delivery, {
      regex: `/backends/${otherThan('backend.ts', 'all.ts', 'together.ts')}`,
      message: 'ingest knows its backends as a list: backends/all.ts.',
    }),
    boundary(
      ['services/delivery/{receipts,session,stream}/**'],
      io,
      ingest,
      siblings('transport', 'broker', 'auth'),
    ),
    boundary(['services/delivery/transport/**'], ingest, siblings('broker', 'auth')),
    boundary(['services/delivery/broker/**'], ingest, siblings('transport', 'auth', 'session')),
    boundary(['services/delivery/auth/**'], ingest, siblings('transport', 'broker', 'stream')),
    boundary(['services/delivery/*.ts'], ingest),
    boundary(['services/push/**'], others),
    boundary(['services/push/{crypto,http}/**'], others, siblings('senders', 'sending')),
    boundary(['services/push/{decision,sending,texts,waking}/**'], others, io, siblings('crypto', 'http')),
    boundary(['client/src/**'], io, { regex: '^\\.\\./', message: 'The package stands alone.' }),
    boundary(wiring, { regex: '/(services|cli)/', message: 'ingest and delivery meet only in shared/.' }),
  ],
};
