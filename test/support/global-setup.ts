import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from '../../tools/broker/broker.ts';
import { findBroker } from '../../tools/broker/find-broker.ts';
import { BROKER_VARIABLE, startContainer } from './broker.ts';

interface JestConfig {
  readonly rootDir: string;
  /** What the command line asks for; tests in a watch or of changed files are not known beforehand. */
  readonly testPathPatterns?: { readonly patterns: readonly string[] };
  readonly onlyChanged?: boolean;
  readonly findRelatedTests?: boolean;
}

declare global {
  /** For the teardown, which runs in the same process. */
  var roomcastBroker: Broker | undefined;
}

/** One broker a run, unless every selected file says by its name that it needs none. */
export default async function setUp(config: JestConfig): Promise<void> {
  if (onlyUnitTests(config)) return;
  const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
  const broker = await findBroker({
    lifetime: 'temporary',
    env: process.env,
    root: config.rootDir,
    say,
    startContainer,
  });
  globalThis.roomcastBroker = broker;
  process.env[BROKER_VARIABLE] = JSON.stringify(broker.handle);
}

function onlyUnitTests({ rootDir, testPathPatterns, onlyChanged, findRelatedTests }: JestConfig): boolean {
  if (onlyChanged === true || findRelatedTests === true) return false;
  const patterns = (testPathPatterns?.patterns ?? []).map((pattern) => new RegExp(pattern, 'i'));
  const selected = readdirSync(join(rootDir, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join(rootDir, 'test', path))
    .filter((path) => patterns.length === 0 || patterns.some((pattern) => pattern.test(path)));
  return selected.length > 0 && selected.every((path) => path.endsWith('.unit.test.ts'));
}
