import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BrokerError } from './broker.ts';
import { findExecutables } from './executables.ts';
import { orAbort } from './or-abort.ts';
import { runCommand, runToItsEnd, type CommandResult } from './processes.ts';
import { withProgress } from './progress.ts';

export const POLICY_FILE = '/usr/sbin/policy-rc.d';
const UPDATE_MS = 300_000;
const OPTIONS = ['-q', '-o', 'DPkg::Lock::Timeout=120'];
/** Its caller may be gone by its end. */
const INSTALL =
  'apt-get "$@"; code=$?; [ ! -d /run/systemd/system ] || systemctl disable --quiet rabbitmq-server; exit $code';

/** Why apt is no way to a RabbitMQ here; `undefined` if it is one. */
export function aptObstacle(): string | undefined {
  if (findExecutables('apt-get').length === 0 || !isDebian()) {
    return 'RabbitMQ is installed by itself only on Debian and Ubuntu';
  }
  if (process.getuid?.() !== 0) return 'apt-get install rabbitmq-server needs root';
  return undefined;
}

/**
 * Installs Debian's RabbitMQ, and only the program: its service is neither started now nor at boot. Rejects at once when
 * `signal` aborts; apt-get then finishes its work by itself, since dpkg cut short would need repair.
 */
export async function aptInstallRabbit(say: (sentence: string) => void, signal?: AbortSignal): Promise<void> {
  say('installing rabbitmq-server by apt-get (its service stays off)');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step('fetching package lists', () =>
    runCommand('apt-get', [...OPTIONS, 'update'], { timeoutMs: UPDATE_MS, env, signal }),
  );
  const installed = step('installing rabbitmq-server', () => install(env));
  try {
    await orAbort(installed, signal);
  } catch (error) {
    if (signal?.aborted === true) say('\napt-get finishes installing rabbitmq-server in the background');
    throw error;
  }
}

async function install(env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const args = [...OPTIONS, 'install', '--yes', '--no-install-recommends', 'rabbitmq-server'];
  let restorePolicy: () => void = () => undefined;
  const started = (pid: number) => (restorePolicy = forbidServiceStart(POLICY_FILE, pid));
  try {
    return await runToItsEnd('sh', ['-c', INSTALL, 'roomcast-apt', ...args], { env, started });
  } finally {
    restorePolicy();
  }
}

async function step(label: string, work: () => Promise<CommandResult>): Promise<void> {
  const { code, stdout, stderr } = await withProgress(label, work);
  if (code === 0) return;
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new BrokerError(`${label} by apt-get failed:\n${said}`);
}

/**
 * Debian asks this file before a package starts its service; 101 means no. One that is there already is the
 * operator's and stays. Ours says no only while the process `pid` runs, so that a leftover of a killed one does
 * not keep later packages from starting.
 */
export function forbidServiceStart(file: string, pid = process.pid): () => void {
  const script = `#!/bin/sh\nkill -0 ${pid} 2>/dev/null && exit 101\nrm -f "$0"\nexit 0\n`;
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
  const file = '/etc/os-release';
  return existsSync(file) && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync(file, 'utf8'));
}
