import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:net';
import { endInShell, startGuardian } from '../../tools/broker/guardian.ts';
import { endOf } from '../../tools/broker/processes.ts';

const READY_POLL_MS = 50;

export interface ServerProcess {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Starts a peer's program with its log in `folder`; resolves once it listens on `port`. It ends with us. */
export async function startServer(
  command: string,
  args: readonly string[],
  { folder, port }: { readonly folder: string; readonly port: number },
): Promise<ServerProcess> {
  const log = openSync(join(folder, 'server.log'), 'a');
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const pid = child.pid ?? 0;
  const guardian = startGuardian(endInShell([pid], 1), []);
  let ended: string | undefined;
  const gone = endOf(child, 'exit').then((how) => (ended = how));
  while (!(await listens(port))) {
    if (ended !== undefined) throw new Error(`${command}: ${ended}; its log in ${folder} says why`);
    await delay(READY_POLL_MS);
  }
  return {
    pid,
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
      await guardian.dismiss();
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
