import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runCommand } from '../../tools/broker/processes.ts';
import { PeerMissing } from './peer.ts';

const INSTALL_MS = 300_000;
const BUILD_MS = 1_800_000;

/** The folder of an npm package that only a peer needs, so that nobody's `npm ci` brings it; installed once. */
export async function packageFolder(cache: string, name: string, version: string): Promise<string> {
  const prefix = resolve(cache, `${name}-${version}`);
  const folder = join(prefix, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  mkdirSync(prefix, { recursive: true });
  const args = [
    'install',
    '--prefix',
    prefix,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    `${name}@${version}`,
  ];
  await orMissing(name, 'npm', args, INSTALL_MS);
  return folder;
}

/** The program of a Go module; built once. */
export async function goProgram(cache: string, module: string, version: string): Promise<string> {
  const name = module.split('/').findLast((part) => !/^v\d+$/.test(part)) ?? module;
  const folder = resolve(cache, `${name}-${version}`);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  await orMissing(name, 'go', ['install', `${module}@${version}`], BUILD_MS, {
    GOBIN: folder,
    CGO_ENABLED: '0',
  });
  return program;
}

async function orMissing(
  what: string,
  command: string,
  args: readonly string[],
  timeoutMs: number,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const { code, stderr } = await runCommand(command, args, { timeoutMs, env: { ...process.env, ...env } });
  if (code === 0) return;
  throw new PeerMissing(
    `${what} is not there: ${command} ${args[0] ?? ''} failed: ${stderr.trim().slice(-300)}`,
  );
}
