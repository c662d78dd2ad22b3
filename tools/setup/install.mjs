import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { demandWritable } from './file-problem.mjs';
import { inRoot, SetupError } from './paths.mjs';
import { runStep } from './run-step.mjs';

const lockFile = inRoot('package-lock.json');
/** npm writes it last, so an install that was cut short has none. */
const installedFile = inRoot('node_modules/.package-lock.json');

/**
 * Compares what npm installed with what the lock file asks for, no matter who ran the install and what the file
 * times say after a checkout. Optional packages are for other platforms, so their absence means nothing.
 */
export function packagesMissing() {
  if (!existsSync(installedFile)) return true;
  const wanted = readPackages(lockFile);
  const installed = readPackages(installedFile);
  return Object.entries(wanted).some(([path, { version, integrity, optional }]) => {
    if (path === '' || optional) return false;
    return installed[path]?.version !== version || installed[path].integrity !== integrity;
  });
}

export async function ensureInstalled() {
  if (!packagesMissing()) return;
  demandWritable(inRoot('node_modules'));
  await runStep('installing packages', ...npm('ci', '--no-audit', '--no-fund'));
  if (packagesMissing()) {
    throw new SetupError(
      'npm ci ran, but packages that package-lock.json names are missing (is omit set for npm?).',
    );
  }
}

/** Command and arguments of npm as this very Node runs it; `npm` on the PATH may belong to another one. */
export function npm(...args) {
  const beside = [
    join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  const running = process.env.npm_execpath ?? '';
  const cli = running.endsWith('npm-cli.js') ? running : beside.find((path) => existsSync(path));
  return cli === undefined ? ['npm', args] : [process.execPath, [cli, ...args]];
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch (error) {
    throw new SetupError(`Cannot read ${path}: ${error.message}`);
  }
}
