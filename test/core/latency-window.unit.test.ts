import { describe, expect, it } from '@jest/globals';
import { LatencyWindow } from '../../shared/core/latency-window.ts';

const window = () => new LatencyWindow();

describe('the latencies of the last moments', () => {
  it('give their quantiles within 5 %', () => {
    const latencies = window();
    for (let ms = 1; ms <= 1_000; ms += 1) latencies.observe(ms, 10_000);
    const summary = latencies.summary(10_500, 60_000);
    expect(summary.count).toBe(1_000);
    for (const [share, expected] of [
      [0.5, 500],
      [0.99, 990],
      [1, 1_000],
    ] as const) {
      const found = summary.quantile(share) ?? 0;
      expect(found).toBeGreaterThan(expected * 0.95);
      expect(found).toBeLessThan(expected * 1.05);
    }
  });

  it('are none where nothing was measured', () => {
    const summary = window().summary(10_000, 60_000);
    expect([summary.count, summary.quantile(0.99)]).toEqual([0, undefined]);
  });

  it.each([
    ['no time at all', 0],
    ['less than the least', 0.001],
    ['hours', 10_000_000],
  ])('hold %s as well', (_what, ms) => {
    const latencies = window();
    latencies.observe(ms, 10_000);
    expect(latencies.summary(10_000, 2_000).quantile(0.5)).toBeGreaterThan(0);
  });

  it('are forgotten after the window, and before that as short as one looks', () => {
    const latencies = window();
    latencies.observe(5, 10_000);
    latencies.observe(500, 40_000);
    expect(latencies.summary(40_000, 60_000).count).toBe(2);
    expect(latencies.summary(40_000, 2_000).count).toBe(1);
    expect(latencies.summary(102_000, 60_000).count).toBe(0);
  });

  it('take the place of those a whole window older', () => {
    const latencies = window();
    latencies.observe(5, 0);
    latencies.observe(5, 62_000);
    expect(latencies.summary(62_000, 60_000).count).toBe(1);
  });
});
