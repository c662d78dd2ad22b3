import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGuardian, type Guardian } from '../../tools/broker/guardian.ts';

const GUARDIANS_S = 4;

/** Everything of one run, under the system's temporary folder. */
export interface RunFolder {
  readonly path: string;
  /** A copy of `dist/` with the services and the SDK of this run: a rebuild, or a mutation, does not mix with it. */
  readonly dist: string;
  readonly logs: string;
  readonly broker: string;
  /** Removes all of it, or keeps the logs, those of the broker's nodes included. */
  remove(options?: { readonly keepLogs?: boolean }): Promise<void>;
}

export function createRunFolder(): RunFolder {
  const root = checkout();
  const built = buildFolder(root);
  const path = mkdtempSync(join(tmpdir(), 'roomcast-faults-'));
  // The guardians of the processes in it need a moment, too.
  const guardian = startGuardian(`sleep ${GUARDIANS_S}; rm -rf "$1"`, [path]);
  const app = join(path, 'app');
  for (const part of ['services', 'shared', 'client'])
    cpSync(join(built, part), join(app, part), { recursive: true });
  writeFileSync(join(app, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(app, 'node_modules'));
  const [logs, broker] = [join(path, 'logs'), join(path, 'broker')];
  mkdirSync(logs);
  mkdirSync(broker);
  return { path, dist: app, logs, broker, remove: (options) => remove(path, guardian, options) };
}

async function remove(path: string, guardian: Guardian, { keepLogs = false } = {}): Promise<void> {
  await guardian.dismiss();
  if (keepLogs) keepBrokerLogs(path);
  const gone = keepLogs ? [join(path, 'app'), join(path, 'broker')] : [path];
  for (const folder of gone) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** What a node said when it was killed, or when another was, tells what became of an event that it had confirmed. */
function keepBrokerLogs(path: string): void {
  const broker = join(path, 'broker');
  for (const node of readdirSync(broker)) {
    const log = join(broker, node, 'log');
    if (existsSync(log)) cpSync(log, join(path, 'logs', node), { recursive: true });
  }
}

/** Compiled, this file lies in the build that it tests; Jest runs it as TypeScript. */
function buildFolder(root: string): string {
  const around = fileURLToPath(new URL('../../', import.meta.url));
  const found = [around, join(root, 'dist')].find((folder) =>
    existsSync(join(folder, 'services/ingest/main.js')),
  );
  if (found === undefined) throw new Error('The services are not built: npm run build');
  return found;
}

/** The folder of the checkout, whether this file runs as TypeScript or from `dist/`. */
export function checkout(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package-lock.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('not within a checkout');
    folder = above;
  }
  return folder;
}
