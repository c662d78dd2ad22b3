import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BrokerError } from './broker.ts';
import { findExecutables } from './executables.ts';
import { runCommand } from './processes.ts';
import { withProgress } from './progress.ts';

export const POLICY_FILE = '/usr/sbin/policy-rc.d';
const UPDATE_MS = 300_000;
const INSTALL_MS = 900_000;

/** Why apt is no way to a RabbitMQ here; `undefined` if it is one. */
export function aptObstacle(): string | undefined {
  if (findExecutables('apt-get').length === 0 || !isDebian()) {
    return 'RabbitMQ is installed by itself only on Debian and Ubuntu';
  }
  if (process.getuid?.() !== 0) return 'apt-get install rabbitmq-server needs root';
  return undefined;
}

/** Installs Debian's RabbitMQ, and only the program: its service is neither started now nor at boot. */
export async function aptInstallRabbit(say: (sentence: string) => void, signal?: AbortSignal): Promise<void> {
  say('installing rabbitmq-server by apt-get (its service stays off)');
  const restorePolicy = forbidServiceStart(POLICY_FILE);
  try {
    await apt('fetching package lists', ['update'], UPDATE_MS, signal);
    // Not to be cut short: dpkg would need repair.
    const install = ['install', '--yes', '--no-install-recommends', 'rabbitmq-server'];
    await apt('installing rabbitmq-server', install, INSTALL_MS);
  } finally {
    restorePolicy();
  }
  if (existsSync('/run/systemd/system')) {
    await runCommand('systemctl', ['disable', '--quiet', 'rabbitmq-server'], { timeoutMs: 30_000 });
  }
}

async function apt(
  label: string,
  args: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const all = ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args];
  const result = await withProgress(label, () => runCommand('apt-get', all, { timeoutMs, env, signal }));
  if (result.code === 0) return;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new BrokerError(`apt-get ${args.join(' ')} failed:\n${said}`);
}

/**
 * Debian asks this file before a package starts its service; 101 means no. One that is there already is the
 * operator's and stays. Ours says no only while this process runs, so that a leftover of a killed one does
 * not keep later packages from starting.
 */
export function forbidServiceStart(file: string): () => void {
  const script = `#!/bin/sh\nkill -0 ${process.pid} 2>/dev/null && exit 101\nrm -f "$0"\nexit 0\n`;
  try {
    writeFileSync(file, script, { mode: 0o755, flag: 'wx' });
  } catch (error) {
    // Another process may write it at the same moment.
    if (existsSync(file)) return () => undefined;
    throw error;
  }
  return () => rmSync(file, { force: true });
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
