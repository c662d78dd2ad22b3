import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markOf, ownMark, type ProcessMark } from './processes.ts';

/**
 * Tells every other start of this checkout that this process stops and takes its broker along, so that none
 * shares that broker any more. The notice outlives us, because the broker may; the next stop removes it.
 */
export function announceStop(root: string): void {
  try {
    removeOldNotices(root);
    writeFileSync(noticeOf(root, ownMark()), '');
  } catch {
    // Where there is no folder, or none to write in, there is no broker of ours to be shared either.
  }
}

/** Whether the process has announced its stop; also true when it is gone, until the next stop. */
export function isStopping(root: string, mark: ProcessMark): boolean {
  return existsSync(noticeOf(root, mark));
}

function removeOldNotices(root: string): void {
  const folder = join(root, '.data');
  for (const name of readdirSync(folder)) {
    const [, pid] = /^stopping-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && markOf(Number(pid)) === undefined) rmSync(join(folder, name), { force: true });
  }
}

function noticeOf(root: string, { pid, started }: ProcessMark): string {
  return join(root, '.data', `stopping-${pid}-${started.replaceAll(/\W+/g, '-')}`);
}
