import { describe, expect, it } from '@jest/globals';
import { isGood } from './checker.ts';
import { brokerObstacle } from './rabbit.ts';
import { reportOf } from './report.ts';
import { runFaults, type Load } from './run.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs } from '../support/time.ts';
import { brokerFaults, createSchedule, edgeFaults, shortLanes } from './schedule.ts';

const SEED = 1;
const FAULTS_MS = 55_000;
/** Wide: a slow machine takes longer for everything, and the faults wait for it. */
const DEADLINE_MS = scaledMs(600_000);

const load: Load = {
  clients: 16,
  slowClients: 1,
  smallFrameClients: 1,
  httpPublishers: 2,
  inboxPublishers: 1,
  appointmentsEach: 6,
  rate: 4,
};
const faults = createSchedule({ seed: SEED, durationMs: FAULTS_MS, lanes: shortLanes });
const obstacle = brokerObstacle();

describe('a schedule of faults', () => {
  it('is the same for the same seed', () => {
    const plan = { durationMs: FAULTS_MS, lanes: shortLanes };
    expect(createSchedule({ ...plan, seed: SEED })).toEqual(faults);
    expect(createSchedule({ ...plan, seed: SEED + 1 })).not.toEqual(faults);
  });

  it('has every kind of fault in its short form', () => {
    const kinds = new Set(faults.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([...brokerFaults, ...edgeFaults].sort());
  });
});

(obstacle === undefined ? describe : describe.skip)(
  `a system that breaks in every way${skippedFor(obstacle)}`,
  () => {
    it(
      'loses nothing, misdelivers nothing, keeps the order and accepts nothing falsely',
      async () => {
        const result = await runFaults({ seed: SEED, faults, nodes: 1, load, say: () => undefined });
        const good = isGood(result.verdict);
        const report = good ? '' : reportOf(SEED, result);
        await result.folder.remove({ keepLogs: !good });
        expect(report).toBe('');
        expect(result.verdict.counts['accepted']).toBeGreaterThan(0);
      },
      DEADLINE_MS,
    );
  },
);
