import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

const Report = z.object({
  diagnostics: z.array(
    z.object({
      code: z.string(),
      filename: z.string(),
      labels: z.array(z.object({ span: z.object({ line: z.int() }) })).min(1),
    }),
  ),
});
const { pureFolders } = z
  .object({ pureFolders: z.array(z.string()) })
  .parse(await import(resolve('pure-folders.js')));
type Files = Readonly<Record<string, readonly string[]>>;

/** What the linter says of files that lie in an empty checkout: the lines at fault, by rule. */
function lint(files: Files): (path: string, rule: string) => string[] {
  const checkout = mkdtempSync(join(tmpdir(), 'roomcast-lint-'));
  try {
    for (const name of ['package.json', 'oxlint.config.js', 'lint-rules.js', 'pure-folders.js']) {
      cpSync(name, join(checkout, name));
    }
    // The rules that need types take seconds, and none of them is asked for here.
    const untyped = `import config from './oxlint.config.js';\nexport default { ...config, options: {} };\n`;
    writeFileSync(join(checkout, 'untyped.config.js'), untyped);
    for (const [path, lines] of Object.entries(files)) {
      mkdirSync(join(checkout, dirname(path)), { recursive: true });
      writeFileSync(join(checkout, path), `${lines.join('\n')}\n`);
    }
    const oxlint = [resolve('node_modules/oxlint/bin/oxlint'), '-c', 'untyped.config.js', '-f', 'json'];
    const { stdout } = spawnSync(process.execPath, oxlint, { cwd: checkout, encoding: 'utf8' });
    const { diagnostics } = Report.parse(JSON.parse(stdout));
    return (path, rule) => {
      const told = diagnostics.filter(
        ({ filename, code }) => filename === path && code === `eslint(${rule})`,
      );
      const at = new Set(told.map(({ labels: [label] }) => label?.span.line));
      return files[path]?.filter((_, index) => at.has(index + 1)) ?? [];
    };
  } finally {
    rmSync(checkout, { recursive: true });
  }
}

type Case = [path: string, not: string[], but: string[]];
/** Of each folder what its files may not import, and what they may that comes close to it. */
const imports: Case[] = [
  [
    'shared/contract/x.ts',
    ['node:fs', 'node:crypt', 'ws', '../core/x.ts', '../contracts/x.ts', '../../services/push/x.ts'],
    ['node:crypto', 'zod', './errors.ts', '../contract/errors.ts'],
  ],
  ['shared/core/x.ts', ['node:fs', 'pino', '../contract/x.ts', '../../cli/x.ts'], ['node:crypto', './x.ts']],
  ...['broker', 'config', 'devices', 'monitoring', 'service'].map((folder): Case => [
    `shared/${folder}/x.ts`,
    ['../../services/ingest/x.ts', '../../cli/x.ts'],
    ['node:fs', 'amqplib', '../contract/x.ts'],
  ]),
  [
    'cli/core/x.ts',
    [
      'node:net',
      '../x.ts',
      '../../shared/broker/x.ts',
      '../../shared/cores/x.ts',
      '../../services/push/x.ts',
    ],
    ['node:crypto', '../../shared/contract/x.ts', '../../shared/core/x.ts'],
  ],
  [
    'services/ingest/accept/x.ts',
    [
      ...['node:fs', 'fastify', '../http/x.ts', '../inbox/x.ts', '../publish/x.ts', '../backends/backend.ts'],
      ...['../../delivery/x.ts', '../../push/x.ts', '../../../cli/x.ts'],
    ],
    ['node:crypto', '../observer.ts', '../../../shared/broker/x.ts'],
  ],
  [
    'services/ingest/publish/x.ts',
    ['../http/x.ts', '../inbox/x.ts', '../backends/backend.ts', '../../delivery/x.ts'],
    ['node:fs', '../accept/x.ts'],
  ],
  [
    'services/ingest/inbox/x.ts',
    [
      '../http/x.ts',
      '../backends/all.ts',
      '../backends/back.ts',
      '../backends/easyappointments/backend.ts',
      '../../push/x.ts',
    ],
    ['node:fs', '../publish/x.ts', '../backends/backend.ts'],
  ],
  [
    'services/ingest/http/x.ts',
    ['../inbox/x.ts', '../publish/x.ts', '../backends/together.ts', '../../../cli/x.ts'],
    ['fastify', '../accept/x.ts', '../backends/backend.ts'],
  ],
  [
    'services/ingest/backends/easyappointments/x.ts',
    ['node:fs', '../../http/x.ts', '../../inbox/x.ts', '../../publish/x.ts', '../../../delivery/x.ts'],
    ['node:crypto', '../backend.ts', '../../accept/x.ts'],
  ],
  [
    'services/ingest/x.ts',
    ['./backends/easyappointments/backend.ts', './backends/alley.ts', '../delivery/x.ts', '../../cli/x.ts'],
    ['node:fs', './http/x.ts', './backends/backend.ts', './backends/all.ts', './backends/together.ts'],
  ],
  ...['receipts', 'session', 'stream'].map((folder): Case => [
    `services/delivery/${folder}/x.ts`,
    ['node:fs', 'ws', '../transport/x.ts', '../broker/x.ts', '../auth/x.ts', '../../ingest/x.ts'],
    ['node:crypto', '../metrics.ts', '../../../shared/contract/x.ts'],
  ]),
  [
    'services/delivery/transport/x.ts',
    ['../broker/x.ts', '../auth/x.ts', '../../push/x.ts'],
    ['ws', '../session/x.ts'],
  ],
  [
    'services/delivery/broker/x.ts',
    ['../transport/x.ts', '../auth/x.ts', '../session/x.ts', '../../../cli/x.ts'],
    ['amqplib', '../stream/x.ts'],
  ],
  [
    'services/delivery/auth/x.ts',
    ['../transport/x.ts', '../broker/x.ts', '../stream/x.ts', '../../ingest/x.ts'],
    ['jsonwebtoken', '../session/x.ts'],
  ],
  ['services/delivery/x.ts', ['../ingest/x.ts', '../push/x.ts', '../../cli/x.ts'], ['ws', './auth/x.ts']],
  ...['x', 'broker/x', 'senders/x'].map((name): Case => [
    `services/push/${name}.ts`,
    ['../ingest/x.ts', '../../delivery/x.ts', '../../cli/x.ts'],
    ['node:fs', './sending/x.ts', '../crypto/x.ts'],
  ]),
  ...['crypto', 'http'].map((folder): Case => [
    `services/push/${folder}/x.ts`,
    ['../senders/x.ts', '../sending/x.ts', '../../ingest/x.ts'],
    ['node:fs', '../decision/x.ts'],
  ]),
  ...['decision', 'sending', 'texts', 'waking'].map((folder): Case => [
    `services/push/${folder}/x.ts`,
    ['node:fs', 'pino', '../crypto/x.ts', '../http/x.ts', '../../delivery/x.ts'],
    ['node:crypto', '../refusals.ts'],
  ]),
  ['client/src/x.ts', ['node:fs', 'ws', '../worker/x.ts'], ['react', './feed.ts']],
  ...['backends/all.ts', 'backends/easyappointments/api/x.ts'].map((path): Case => [
    `services/ingest/${path}`,
    ['../../services/delivery/x.ts', '../../../cli/x.ts'],
    ['node:fs', 'pino', '../inbox/x.ts'],
  ]),
  ['services/delivery/session/sessions.ts', ['../../services/ingest/x.ts'], ['node:fs', '../transport/x.ts']],
];
/** However it is written. */
const written = (module: string) => [
  `import '${module}';`,
  `import type { ${module.replaceAll(/\W/g, '_')} } from '${module}';`,
  `export * from '${module}';`,
  `await import('${module}');`,
];

const beyond = ['process.cwd();', 'setTimeout(f);', 'setInterval(f);', 'setImmediate(f);'];
const pure = pureFolders.map((folder) => `${folder}/beyond.ts`);
const adapters = ['services/delivery/stream/event-stream.ts', 'services/ingest/http/beyond.ts'];

const block = (first: string, lines: number, last: string) => [
  first,
  ...Array<string>(lines - 2).fill('  f();'),
  last,
];
const longFunction = block('function long() {', 61, '}');
const longest = block('function longest() {', 60, '}');
const long = ['services/push/long.ts', 'bench/long.ts', 'tools/setup/long.mjs', 'test/support/long.ts'];

const faults = lint({
  ...Object.fromEntries(imports.map(([path, not, but]) => [path, [...not, ...but].flatMap(written)])),
  ...Object.fromEntries([...pure, ...adapters].map((path) => [path, [...beyond, 'Date.now();']])),
  ...Object.fromEntries(long.map((path) => [path, [...longest, ...longFunction]])),
  'test/push/long.unit.test.ts': block("describe('all', () => {", 300, '});'),
  'services/push/many.ts': Array<string>(301).fill('f();'),
  'services/push/most.ts': Array<string>(300).fill('f();'),
  'cli/loud.ts': ["console.log('');"],
  'tools/start/loud.ts': ["console.log('');"],
  'tools/setup/names.mjs': ['console.log(process.pid);', 'document.open();'],
  'shared/monitoring/page/names.js': ['document.open();', 'require();'],
});

describe('the linter', () => {
  it.each(imports)('holds %s to its boundary', (path, not) => {
    expect(faults(path, 'no-restricted-imports')).toEqual(not.flatMap(written));
  });

  it.each(pure)('leaves %s no clock, no timer and no process', (path) => {
    expect(faults(path, 'no-restricted-globals')).toEqual(beyond);
    expect(faults(path, 'no-restricted-properties')).toEqual(['Date.now();']);
  });

  it.each(adapters)('lets %s have them', (path) => {
    expect(faults(path, 'no-restricted-globals')).toEqual([]);
    expect(faults(path, 'no-restricted-properties')).toEqual([]);
  });

  it.each(long)('allows a function 60 lines in %s', (path) => {
    expect(faults(path, 'max-lines-per-function')).toEqual(['function long() {']);
  });

  it('lets a describe be as long as its tests', () => {
    expect(faults('test/push/long.unit.test.ts', 'max-lines-per-function')).toEqual([]);
  });

  it('allows a file 300 lines', () => {
    expect(faults('services/push/many.ts', 'max-lines')).not.toEqual([]);
    expect(faults('services/push/most.ts', 'max-lines')).toEqual([]);
  });

  it('leaves the console to tools', () => {
    expect(faults('cli/loud.ts', 'no-console')).toEqual(["console.log('');"]);
    expect(faults('tools/start/loud.ts', 'no-console')).toEqual([]);
  });

  it('knows what there is in Node and what in a browser', () => {
    expect(faults('tools/setup/names.mjs', 'no-undef')).toEqual(['document.open();']);
    expect(faults('shared/monitoring/page/names.js', 'no-undef')).toEqual(['require();']);
  });
});
