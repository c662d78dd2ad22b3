import { forbidServiceStart } from '../../dev/broker/apt.ts';
import { findExecutables } from '../../dev/broker/executables.ts';
import { runCommand } from '../../dev/broker/processes.ts';

const APT_MS = 300_000;

/** Installs a Debian package without starting a service of it; does nothing where apt or root is missing. */
export async function aptInstall(name: string): Promise<void> {
  if (findExecutables('apt-get').length === 0 || process.getuid?.() !== 0) return;
  const allowStart = forbidServiceStart('/usr/sbin/policy-rc.d');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    for (const args of [['update'], ['install', '--yes', '--no-install-recommends', name]]) {
      const all = ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args];
      await runCommand('apt-get', all, { timeoutMs: APT_MS, env });
    }
  } finally {
    allowStart();
  }
}
