import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { orAbort } from './or-abort.ts';
import type { Ports } from './ports.ts';
import { endProcess, isAlive, markOf, type ProcessMark } from './processes.ts';
import { onceEach } from './progress.ts';
import { isStopping } from './stop-notice.ts';

const POLL_MS = 200;
/** As long as the guardian of a node waits. */
const STOP_GRACE_MS = 20_000;

/** What runs on a data folder, and for whom. */
export interface NodeRecord {
  readonly owner: ProcessMark;
  readonly scripts: string;
  /** In the order in which they have to end; none before they are started. */
  readonly processes: readonly ProcessMark[];
  /** Absent while the node starts. */
  readonly ports?: Ports;
}

export type Claim = { readonly ours: true } | { readonly ours: false; readonly record: Required<NodeRecord> };

interface Claimant {
  /** The checkout. */
  readonly root: string;
  readonly scripts: string;
  readonly say: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One node a data folder. Makes the folder ours, unless a living process runs a node on it: then that node is
 * shared. A node that starts or stops is waited for. One whose owner is gone is ended first: it may be half way
 * through stopping.
 */
export async function claimFolder(folder: string, { root, scripts, say, signal }: Claimant): Promise<Claim> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tell = onceEach(say);
  for (;;) {
    signal?.throwIfAborted();
    if (writeRecord(folder, { owner: ownMark(), scripts, processes: [] }, 'wx')) return { ours: true };
    const record = readRecord(folder);
    if (record === undefined || !isAlive(record.owner)) {
      await orAbort(endLeftBehind(record, root, tell), signal);
      releaseFolder(folder);
      continue;
    }
    const { owner, ports } = record;
    const stopping = isStopping(root, owner);
    if (ports !== undefined && !stopping) return { ours: false, record: { ...record, ports } };
    tell(`another npm start (process ${owner.pid}) is ${stopping ? 'stopping' : 'starting'}: waiting for it`);
    await delay(POLL_MS, undefined, { signal });
  }
}

/** `ports` once the node answers. */
export function recordNode(folder: string, node: Omit<NodeRecord, 'owner'>): void {
  writeRecord(folder, { owner: ownMark(), ...node }, 'w');
}

export function releaseFolder(folder: string): void {
  rmSync(recordFile(folder), { force: true });
}

async function endLeftBehind(
  record: NodeRecord | undefined,
  root: string,
  tell: (sentence: string) => void,
): Promise<void> {
  const left = record?.processes.filter((mark) => isAlive(mark)) ?? [];
  const [first] = left;
  if (record === undefined || first === undefined) return;
  tell(
    isStopping(root, record.owner)
      ? `the broker of the last npm start is still stopping (process ${first.pid}): waiting for it`
      : `an earlier start was killed and left its broker running (process ${first.pid}): stopping that first`,
  );
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
    const record = JSON.parse(readFileSync(recordFile(folder), 'utf8')) as Partial<NodeRecord>;
    const { owner, scripts, processes } = record;
    if (owner === undefined || scripts === undefined || processes === undefined) return undefined;
    return { ...record, owner, scripts, processes };
  } catch {
    return undefined;
  }
}
