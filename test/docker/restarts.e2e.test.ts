import { describe, expect, it } from '@jest/globals';
import { isGood } from '../faults/checker.ts';
import { scaledMs } from '../support/time.ts';
import { ComposeStack } from './compose-stack.ts';
import { restartTable, type Restart } from './restart-table.ts';
import { Traffic } from './traffic.ts';

const EVENTS_PER_SECOND = 50;
/** From healthy to everybody being served, on a machine that is not busy; wide, and far below what a proxy that holds clients off would take. */
const BACK_MS = 20_000;
/** Wide: a first build fetches its base image and every package. */
const DEADLINE_MS = 900_000;

describe('two of each service behind nginx, every container restarted in turn', () => {
  it(
    `loses no event of ${EVENTS_PER_SECOND} a second`,
    () =>
      ComposeStack.use(['proxy', 'scaled'], async (stack) => {
        const containers = await stack.containers();
        expect(containers.map(({ Service }) => Service).sort()).toEqual(
          ['ingest', 'ingest-2', 'proxy', 'rabbitmq', 'websocket', 'websocket-2'].sort(),
        );
        const traffic = new Traffic(stack, EVENTS_PER_SECOND);
        await traffic.start();
        const restarts: Restart[] = [];
        try {
          for (const container of containers) {
            const fromMs = performance.now();
            await stack.restart(container);
            const healthyMs = performance.now();
            await traffic.reachesEverybody(`after-${container.Service}`);
            const restart = { container: container.Service, fromMs, healthyMs, toMs: performance.now() };
            restarts.push({ ...restart, closes: traffic.closes(fromMs) });
          }
          const verdict = await traffic.finish();
          process.stdout.write(`\n${restartTable(restarts, traffic.ledger, verdict)}\n\n`);
          expect(isGood(verdict)).toBe(true);
          expect(restarts.filter(({ healthyMs, toMs }) => toMs - healthyMs > scaledMs(BACK_MS))).toEqual([]);
          expect(verdict.counts['accepted']).toBeGreaterThan(containers.length * EVENTS_PER_SECOND);
        } finally {
          await traffic.stop();
        }
      }),
    DEADLINE_MS,
  );
});
