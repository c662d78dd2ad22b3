import { describe, expect, it } from '@jest/globals';
import { findExecutables } from '../../dev/broker/executables.ts';
import { runCommand } from '../../dev/broker/processes.ts';
import { aptInstall } from './apt.ts';

const RUN_MS = 60_000;

const promtool = await findPromtool();
const itWithPromtool = promtool === undefined ? it.skip : it;
if (promtool === undefined) {
  process.stderr.write(
    '\nSKIPPED: no promtool here, and no apt as root to install it: the alert rules are not tested.\n',
  );
}

/** Debian's package `prometheus` has it. */
async function findPromtool(): Promise<string | undefined> {
  const found = findExecutables('promtool');
  if (found.length === 0) await aptInstall('prometheus');
  return findExecutables('promtool')[0];
}

describe('promtool', () => {
  itWithPromtool.each([
    ['finds nothing wrong with the configuration', ['check', 'config', 'deploy/prometheus/prometheus.yml']],
    [
      'sees each alert fire when it should, and only then',
      ['test', 'rules', 'deploy/prometheus/alerts.test.yml'],
    ],
  ])(
    '%s',
    async (_, args) => {
      const { code, stdout, stderr } = await runCommand(promtool ?? '', args, { timeoutMs: RUN_MS });
      expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
    },
    RUN_MS,
  );
});
