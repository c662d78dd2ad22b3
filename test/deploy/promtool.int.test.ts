import { describe, expect, it } from '@jest/globals';
import { runCommand } from '../../tools/broker/processes.ts';
import { findPromtool } from '../support/apt.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const RUN_MS = scaledMs(TEST_MS);

const promtool = await findPromtool();
const obstacle = promtool === undefined ? 'no promtool here; apt-get install prometheus' : undefined;
const withPromtool = obstacle === undefined ? describe : describe.skip;

withPromtool(`promtool${skippedFor(obstacle)}`, () => {
  it.each([
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
