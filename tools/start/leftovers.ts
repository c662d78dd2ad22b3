import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, isAlive, markOf, type ProcessMark } from '../broker/processes.ts';
import { isStaying } from '../broker/stop-notice.ts';
import { root } from '../environment.ts';

const folder = join(root, '.data');
const file = join(folder, 'start.json');
const STOP_MS = 12_000;
const POLL_MS = 100;

interface StartRecord {
  readonly owner: ProcessMark;
  readonly services: readonly ProcessMark[];
  /** With user and password: the file is its owner's alone. */
  readonly brokerUrl: string;
}

/**
 * Waits for an earlier start that is stopping, and ends the services of one that was killed: either would hold
 * the ports. Resolves to the process id of one that still runs, and touches nothing of it.
 */
export async function settleEarlierStart(
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<number | undefined> {
  const record = readRecord();
  if (record === undefined) return undefined;
  const { owner } = record;
  if (isStaying(root, owner)) return owner.pid;
  if (isAlive(owner)) say(`another npm start (process ${owner.pid}) is stopping: waiting for it`);
  while (isAlive(owner)) await delay(POLL_MS, undefined, { signal });
  const left = record.services.filter((mark) => isAlive(mark));
  if (left.length > 0)
    say('an earlier npm start was killed and left its services running: stopping those first');
  await Promise.all(left.map((mark) => endProcess(mark, STOP_MS)));
  rmSync(file, { force: true });
  return undefined;
}

/** A second start in this folder finds the record of the first one and leaves it. */
export function recordStart(pids: readonly number[], brokerUrl: string): void {
  const owner = markOf(process.pid);
  if (owner === undefined || readRecord() !== undefined) return;
  const services = pids.flatMap((pid) => markOf(pid) ?? []);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ owner, services, brokerUrl } satisfies StartRecord), { mode: 0o600 });
}

export function forgetStart(): void {
  if (readRecord()?.owner.pid === process.pid) rmSync(file, { force: true });
}

/** The broker of an npm start that runs in this folder now. */
export function runningBrokerUrl(): string | undefined {
  const record = readRecord();
  return record !== undefined && isAlive(record.owner) ? record.brokerUrl : undefined;
}

function readRecord(): StartRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StartRecord;
  } catch {
    return undefined;
  }
}
