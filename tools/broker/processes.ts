import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;

/** A process id with the time at which it started, so that a reused id is not taken for the same process. */
export interface ProcessMark {
  readonly pid: number;
  readonly started: string;
}

export function markOf(pid: number | undefined): ProcessMark | undefined {
  if (pid === undefined) return undefined;
  const started = process.platform === 'linux' ? startTicks(pid) : startDate(pid);
  return started === undefined ? undefined : { pid, started };
}

export function ownMark(): ProcessMark {
  return markOf(process.pid) ?? { pid: process.pid, started: '' };
}

export function isAlive(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.started === mark.started;
}

/** Asks a process to end and, after `graceMs`, makes it; resolves when it is gone. */
export async function endProcess(mark: ProcessMark, graceMs: number): Promise<void> {
  if (graceMs > 0) {
    signalProcess(mark, 'SIGTERM');
    if (await isGoneWithin(mark, graceMs)) return;
  }
  signalProcess(mark, 'SIGKILL');
  await isGoneWithin(mark, 10_000);
}

async function isGoneWithin(mark: ProcessMark, timeoutMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + timeoutMs;
  while (isAlive(mark)) {
    if (Date.now() > deadlineMs) return false;
    await delay(POLL_MS);
  }
  return true;
}

function signalProcess(mark: ProcessMark, signal: NodeJS.Signals): void {
  try {
    if (isAlive(mark)) process.kill(mark.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Field 22 of /proc/PID/stat; a zombie waits for its parent only and counts as gone. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before is in parentheses and may contain blanks.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

function startDate(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** How a process ended, in words. `close` comes after the last line of its output, `exit` may not. */
export function endOf(child: ChildProcess, event: 'exit' | 'close'): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once(event, (code: number | null, signal: NodeJS.Signals | null) =>
      resolve(code === null ? `ended by ${signal ?? 'a signal'}` : `exit code ${code}`),
    );
  });
}

export interface CommandResult {
  /** `undefined` when it was ended by a signal, by the timeout or could not be run. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** What it said on stderr, or why it could not be run. */
  readonly stderr: string;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a command to its end; a failure is a result, not an exception. It has a session of its own, so that
 * Ctrl-C does not cut it short half way through; `signal` does where that is harmless.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs, env, cwd, signal }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      timeout: timeoutMs,
      env,
      cwd,
      signal,
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.on('error', (error) => resolve({ code: undefined, ...output, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? undefined, ...output }));
  });
}

/**
 * Like `runCommand`, for what must not be cut short: it goes on to its end when this process is gone. Its output, both
 * streams in one, goes to a file without a name, since writing to a pipe that nobody reads would end it. `started` is
 * called with its process id before it does anything.
 */
export async function runToItsEnd(
  command: string,
  args: readonly string[],
  { env, started }: { env?: NodeJS.ProcessEnv; started: (pid: number) => void },
): Promise<CommandResult> {
  const folder = mkdtempSync(join(tmpdir(), 'roomcast-'));
  const output = openSync(join(folder, 'output'), 'w');
  const said = openSync(join(folder, 'output'), 'r');
  rmSync(folder, { recursive: true });
  const child = spawn('sh', ['-c', 'read -r go && exec "$@"', 'roomcast', command, ...args], {
    stdio: ['pipe', output, output],
    detached: true,
    env,
  });
  const go = child.stdin;
  go?.on('error', () => undefined);
  const ended = new Promise<{ code?: number | undefined; stderr: string }>((resolve) => {
    child.on('error', (error) => resolve({ stderr: error.message }));
    child.on('exit', (code) => resolve({ code: code ?? undefined, stderr: '' }));
  });
  try {
    if (child.pid !== undefined) started(child.pid);
    go?.end('\n');
    const { code, stderr } = await ended;
    return { code, stdout: readFileSync(said, 'utf8'), stderr };
  } finally {
    go?.destroy();
    closeSync(output);
    closeSync(said);
  }
}
