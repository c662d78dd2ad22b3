import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDER = join(tmpdir(), `roomcast-ports-${process.getuid?.() ?? ''}`);
/** What this process was given. */
const ours = new Set<number>();

/**
 * Ports that were found free and are not listened on yet, by any process of this user: a file for each, with the process it
 * was given to. Two that look in the same second are given different ones. `false`: somebody who still runs has it.
 */
export function claimPort(port: number, folder = FOLDER): boolean {
  if (ours.has(port)) return false;
  try {
    if (ours.size === 0) forgetEnded(folder);
    writeFileSync(join(folder, String(port)), String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // Where no file can be kept, only this process is told apart from itself.
  }
  ours.add(port);
  return true;
}

function forgetEnded(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const pid = ownerIn(file);
    // Not written yet where it is empty.
    if (pid > 0 && !isRunning(pid)) rmSync(file, { force: true });
  }
}

function ownerIn(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    // Somebody else forgot it in between.
    return 0;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
