import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EventLoopLag, LagSinceScrape } from '../../shared/monitoring/event-loop-lag.ts';
import { MetricSet } from '../../shared/monitoring/metric-set.ts';

/** Longer than what lies between two looks of the monitor. */
const STALL_MS = 500;

function stall(): void {
  const endMs = performance.now() + STALL_MS;
  while (performance.now() < endMs);
}

describe('the lag of the event loop', () => {
  it('is how late it was, and not what lies between two looks', async () => {
    const lag = new LagSinceScrape();
    expect(lag.take().max).toBe(0);
    await delay(300);
    stall();
    await delay(300);
    expect(lag.take().max).toBeGreaterThan((STALL_MS - 200) / 1_000);
  });

  it('of a calm process is no reason to say anything', () => {
    const lag = new EventLoopLag();
    expect([lag.lastMs, lag.sustainedMs]).toEqual([0, 0]);
    lag.stop();
  });

  it('has the names that prom-client gives it, once each', async () => {
    const text = await new MetricSet('roomcast_test_').registry.metrics();
    const names = text.match(/^nodejs_eventloop_lag\w*_seconds(?= )/gm);
    expect(names).toEqual(
      ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'].map(
        (figure) => `nodejs_eventloop_lag${figure}_seconds`,
      ),
    );
  });
});
