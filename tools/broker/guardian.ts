import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { endOf, markOf, type ProcessMark } from './processes.ts';

export interface Guardian {
  /** `undefined` where no shell could be started. */
  readonly mark: ProcessMark | undefined;
  /** The clean-up was done properly; the guardian ends without doing anything. */
  dismiss(): Promise<void>;
}

/**
 * Runs `script` (POSIX sh, `args` are its $1, $2, …) when this process ends in a way that left no time to
 * clean up: SIGKILL, a crash, an interrupted Jest. A shell in a session of its own holds the other end of a
 * pipe and learns of our end by its closing, which no signal can prevent.
 */
export function startGuardian(script: string, args: readonly string[]): Guardian {
  const child = spawn('sh', ['-c', `read -r word || { ${script}; }`, 'roomcast-guardian', ...args], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell there is no guardian; everything else works.
  const gone = endOf(child, 'exit');
  const pipe = child.stdin;
  pipe.on('error', () => undefined);
  child.unref();
  if (pipe instanceof Socket) pipe.unref();
  return {
    mark: markOf(child.pid),
    dismiss: async () => {
      child.ref();
      pipe.end('\n');
      await gone;
    },
  };
}

/** Shell lines that end processes one after the other: first politely, after `graceS` seconds not. */
export function endInShell(pids: readonly number[], graceS: number): string {
  return pids
    .flatMap((pid) => [
      `kill -TERM ${pid} 2>/dev/null`,
      `n=0; while kill -0 ${pid} 2>/dev/null && [ $n -lt ${graceS * 5} ]; do sleep 0.2; n=$((n+1)); done`,
      `kill -KILL ${pid} 2>/dev/null`,
    ])
    .join('; ');
}
