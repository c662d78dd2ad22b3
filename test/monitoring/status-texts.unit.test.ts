import { describe, expect, it } from '@jest/globals';
import { StatusTexts } from '../../shared/monitoring/status-texts.ts';
import type { InstanceStatus } from '../../shared/monitoring/status.ts';

const TIMES = Array.from({ length: 300 }, (_, n) => (n + 1) * 1_000);

const status: InstanceStatus = {
  service: 'delivery',
  instance: 'one',
  report: { status: 'healthy', stats: {}, broker: { state: 'connected' }, queues: [], reasons: [] },
  series: { at_ms: TIMES, columns: { sessions: TIMES } },
  counts: {},
};

function texts() {
  let made = 0;
  const of = new StatusTexts([status], (newer) => {
    made += 1;
    return newer(status);
  });
  const without = (have: Readonly<Record<string, number>>) => of.without(new Map(Object.entries(have)));
  const timesIn = (text: Buffer) => (JSON.parse(text.toString()) as InstanceStatus).series.at_ms;
  return { without, timesIn, made: () => made };
}

describe('what a moment has to tell', () => {
  it('is without the samples that the asker has', () => {
    const { without, timesIn } = texts();
    expect(timesIn(without({ one: 298_000 }))).toEqual([299_000, 300_000]);
    expect(timesIn(without({ one: 298_500, other: 1 }))).toEqual([299_000, 300_000]);
    expect(timesIn(without({ other: 298_000 }))).toEqual(TIMES);
  });

  it('is made once for all who have the same', () => {
    const { without, made } = texts();
    for (let asker = 0; asker < 1_000; asker += 1) without({ one: 298_000 + (asker % 1_000) });
    expect(made()).toBe(1);
  });

  it('is all that there is where too many have something else each', () => {
    const { without, timesIn, made } = texts();
    for (const atMs of TIMES) without({ one: atMs });
    expect(made()).toBeLessThan(25);
    expect(timesIn(without({ one: 250_500 }))).toEqual(TIMES);
  });
});
