import { spawnSync } from 'node:child_process';

/** 30 MB, once: a slow network does not hold up the tests for longer. */
const DOWNLOAD_MS = 120_000;

interface Node {
  readonly major: number;
  readonly path: string;
  /** Why there is none of this version. */
  readonly obstacle?: string;
}

/** A Node of this version: the one that runs, or npm's package of it. */
export function findNode(major: number): Node {
  if (process.versions.node.startsWith(`${major}.`)) return { major, path: process.execPath };
  const { stdout, status } = spawnSync(
    'npx',
    ['--yes', '-p', `node@${major}`, 'node', '-p', 'process.execPath'],
    { encoding: 'utf8', timeout: DOWNLOAD_MS },
  );
  return status === 0
    ? { major, path: stdout.trim() }
    : { major, path: '', obstacle: `npx did not bring node@${major}` };
}
