import { join } from 'node:path';
import type { BrokerHandle } from '../broker/broker.ts';
import { endProcess, isAlive, markOf } from '../broker/processes.ts';
import {
  findRunningStart,
  isOurs,
  readRecord,
  removeRecord,
  writeRecord,
  type StartRecord,
} from '../broker/start-record.ts';
import { root } from '../environment.ts';

const file = join(root, '.data', 'start.json');
const STOP_MS = 12_000;

/**
 * Waits for an earlier start that is stopping, and ends the services of one that was killed: either would hold
 * the ports. Resolves to one that still runs, and touches nothing of it.
 */
export function settleEarlierStart(
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<StartRecord | undefined> {
  return findRunningStart(file, {
    say,
    signal,
    endLeftBehind: async ({ processes }) => {
      const left = processes.filter((mark) => isAlive(mark));
      if (left.length > 0)
        say('an earlier npm start was killed and left its services running: stopping those first');
      await Promise.all(left.map((mark) => endProcess(mark, STOP_MS)));
    },
  });
}

/** A second start in this folder finds the record of the first one and leaves it. */
export function recordStart(pids: readonly number[], broker: BrokerHandle): void {
  const contents = { processes: pids.flatMap((pid) => markOf(pid) ?? []), broker };
  writeRecord(file, contents, isOurs(file) ? 'w' : 'wx');
}

export function forgetStart(): void {
  removeRecord(file);
}

/** The broker of an npm start that runs in this folder now. */
export function runningBrokerUrl(): string | undefined {
  const record = readRecord(file);
  return record !== undefined && isAlive(record.owner) ? record.broker?.url : undefined;
}
