import { aptObstacle, forbidServiceStart, POLICY_FILE } from '../../tools/broker/apt.ts';
import { findExecutables } from '../../tools/broker/executables.ts';
import { runCommand } from '../../tools/broker/processes.ts';

const UPDATE_MS = 300_000;
const INSTALL_MS = 900_000;

/**
 * Installs a Debian package; resolves to the last words of apt, or why it is not ours to use. A service that comes with it
 * is not started; a package without one leaves that rule to whoever installs at the same time.
 */
export async function aptInstall(name: string, { hasService }: { hasService: boolean }): Promise<string> {
  if (aptObstacle() !== undefined) return 'apt-get is not ours to use';
  const allowStart = hasService ? forbidServiceStart(POLICY_FILE) : () => undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-q', '-o', 'DPkg::Lock::Timeout=120'];
  try {
    await runCommand('apt-get', [...lock, 'update'], { timeoutMs: UPDATE_MS, env });
    const install = [...lock, 'install', '--yes', '--no-install-recommends', name];
    const { stdout, stderr } = await runCommand('apt-get', install, { timeoutMs: INSTALL_MS, env });
    return `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join(' ');
  } finally {
    allowStart();
  }
}

/** promtool of this machine; Debian's package `prometheus` has it. */
export async function findPromtool(): Promise<string | undefined> {
  if (findExecutables('promtool').length === 0) await aptInstall('prometheus', { hasService: true });
  return findExecutables('promtool')[0];
}
