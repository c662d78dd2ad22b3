import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ports } from './ports.ts';
import { endProcess, isAlive, markOf, type ProcessMark } from './processes.ts';

const POLL_MS = 200;
const STOP_GRACE_MS = 15_000;

/** What runs on a data folder, and for whom. */
export interface NodeRecord {
  readonly owner: ProcessMark;
  readonly scripts: string;
  /** Absent while the node starts. */
  readonly running?: { readonly ports: Ports; readonly processes: readonly ProcessMark[] };
}

export type Claim = { readonly ours: true } | { readonly ours: false; readonly record: Required<NodeRecord> };

/**
 * One node a data folder. Makes the folder ours, unless a living process runs a node on it: then that node is
 * shared. What a process left behind that was killed is ended first, because it may be half way through
 * stopping and its owner cannot end it any more.
 */
export async function claimFolder(
  folder: string,
  {
    scripts,
    say,
    signal,
  }: { scripts: string; say: (sentence: string) => void; signal?: AbortSignal | undefined },
): Promise<Claim> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    signal?.throwIfAborted();
    if (writeRecord(folder, { owner: ownMark(), scripts }, 'wx')) return { ours: true };
    const record = readRecord(folder);
    if (record !== undefined && isAlive(record.owner)) {
      const { owner, running } = record;
      if (running !== undefined) return { ours: false, record: { owner, scripts: record.scripts, running } };
      await delay(POLL_MS);
    } else {
      await endLeftBehind(record, say);
      releaseFolder(folder);
    }
  }
}

export function recordRunning(folder: string, scripts: string, running: NodeRecord['running']): void {
  writeRecord(folder, { owner: ownMark(), scripts, ...(running === undefined ? {} : { running }) }, 'w');
}

export function releaseFolder(folder: string): void {
  rmSync(recordFile(folder), { force: true });
}

async function endLeftBehind(record: NodeRecord | undefined, say: (sentence: string) => void): Promise<void> {
  const left = record?.running?.processes.filter((mark) => isAlive(mark)) ?? [];
  const [node] = left;
  if (node === undefined) return;
  say(`an earlier start was killed and left its broker running (process ${node.pid}): stopping that first`);
  for (const mark of left) await endProcess(mark, STOP_GRACE_MS);
}

function ownMark(): ProcessMark {
  return markOf(process.pid) ?? { pid: process.pid, started: '' };
}

function recordFile(folder: string): string {
  return join(folder, 'node.json');
}

/** `false`: there is one already, and `wx` was asked for. */
function writeRecord(folder: string, record: NodeRecord, flag: 'w' | 'wx'): boolean {
  const file = recordFile(folder);
  if (flag === 'wx' && existsSync(file)) return false;
  try {
    writeFileSync(file, JSON.stringify(record), { flag });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function readRecord(folder: string): NodeRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(folder), 'utf8')) as NodeRecord;
  } catch {
    return undefined;
  }
}
