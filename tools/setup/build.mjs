import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyAssets } from './assets.mjs';
import { demandWritable } from './file-problem.mjs';
import { inRoot } from './paths.mjs';
import { runStep } from './run-step.mjs';

const sourceFolders = ['cli', 'client/src', 'services', 'shared', 'tools', 'bench'];
const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const stampFile = inRoot('dist/.sources');

/** Whether dist was built from other files than those that are here now. */
export function sourcesChanged() {
  return !existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== fingerprint();
}

export async function ensureBuilt() {
  const built = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === built) return;
  demandWritable(inRoot('dist'));
  // Without the stamp dist may lack files, and tsc would trust its own notes of what it wrote.
  if (!existsSync(stampFile)) rmSync(inRoot('dist'), { recursive: true, force: true });
  rmSync(stampFile, { force: true });
  const tsc = inRoot('node_modules/typescript/bin/tsc');
  await runStep('building', process.execPath, [tsc, '-p', 'tsconfig.build.json']);
  // The demo page and the client in it, for browsers.
  await runStep('building the demo page', process.execPath, [
    tsc,
    '-p',
    'tools/demo/page',
    '--noEmit',
    'false',
  ]);
  copyAssets();
  writeFileSync(stampFile, built);
}

/** Names, sizes and times of the sources: milliseconds to read, and it sees a removed file too. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const path of [...settings.map(inRoot), ...sourceFolders.map(inRoot).flatMap(filesIn)]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
