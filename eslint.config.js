import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** One block per folder: what it may not import. `ingest` and `delivery` meet only in `shared/`. */
const boundary = (files, ...patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});
const io = {
  regex: '^(node:.*|ws|amqplib|pino|fastify|prom-client|jsonwebtoken)$',
  message: 'The core is pure: take what you need as a port.',
};
const services = { regex: '/services/', message: 'shared/ knows no service.' };
const ingest = { regex: '/ingest/', message: 'delivery and ingest meet only in shared/.' };
const delivery = { regex: '/delivery/', message: 'ingest and delivery meet only in shared/.' };
const siblings = (...names) => ({
  regex: `^\\.\\./(${names.join('|')})/`,
  message: 'Adapters do not know each other; service.ts wires them.',
});
const pureGlobals = {
  'no-restricted-globals': [
    'error',
    ...['process', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
      name,
      message: 'The core is pure: take a port.',
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'The core is pure: take a clock.' },
  ],
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.data/', 'coverage/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-lines': ['error', 300],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  { files: ['dev/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['shared/status/page/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['document', 'location', 'fetch', 'setTimeout', 'AbortSignal', 'matchMedia', 'getComputedStyle'],
          ...['ResizeObserver', 'HTMLElement', 'HTMLButtonElement', 'HTMLOListElement', 'HTMLUListElement'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: [
      'shared/contract/**',
      'shared/core/**',
      'services/*/core/**',
      'services/ingest/easyappointments/*.ts',
    ],
    rules: pureGlobals,
  },
  boundary(['shared/contract/**'], io, services, {
    regex: '/(runtime|core)/',
    message: 'The contract stands alone.',
  }),
  boundary(['shared/core/**'], io, services, { regex: '/runtime/', message: 'The core is pure.' }),
  boundary(['shared/runtime/**'], services),
  boundary(['shared/status/**'], services),
  boundary(['services/ingest/core/**'], io, delivery, siblings('http', 'amqp')),
  boundary(['services/ingest/easyappointments/**'], delivery, siblings('http', 'amqp'), {
    regex: '^(node:(?!crypto$).*|ws|amqplib|fastify|prom-client)$',
    message: 'What webhooks mean is pure: take what you need as a port.',
  }),
  boundary(['services/ingest/http/**'], delivery, siblings('amqp')),
  boundary(['services/ingest/amqp/**'], delivery, siblings('http')),
  boundary(['services/ingest/*.ts'], delivery),
  boundary(['services/delivery/core/**'], io, ingest, siblings('ws', 'amqp', 'auth')),
  boundary(['services/delivery/ws/**'], ingest, siblings('amqp', 'auth')),
  boundary(['services/delivery/amqp/**'], ingest, siblings('ws', 'auth')),
  boundary(['services/delivery/auth/**'], ingest, siblings('ws', 'amqp')),
  boundary(['services/delivery/*.ts'], ingest),
  prettier,
);
