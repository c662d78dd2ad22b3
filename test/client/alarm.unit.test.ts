import { describe, expect, it } from '@jest/globals';
import { createAlarm } from '../../client/src/alarm.ts';
import { FakePlatform } from './support/fake-platform.ts';

function begin(ms: number) {
  const clock = new FakePlatform();
  const seen: string[] = [];
  const alarm = createAlarm(clock, () => seen.push('slept'));
  alarm.set(ms, () => seen.push('due'));
  return { clock, seen, alarm };
}

describe('an alarm', () => {
  it('goes off once, when it is due', async () => {
    const { clock, seen } = begin(150_000);
    await clock.advance(149_999);
    expect(seen).toEqual([]);
    await clock.advance(300_000);
    expect(seen).toEqual(['due']);
  });

  it('sets no timer above 60 s', async () => {
    const { clock } = begin(3_600_000);
    await clock.advance(3_600_000);
    expect(Math.max(...clock.timersMs)).toBe(60_000);
  });

  it('counts sleep, and says that there was some', async () => {
    const { clock, seen } = begin(150_000);
    await clock.advance(10_000);
    await clock.sleep(140_000);
    expect(seen).toEqual(['slept', 'due']);
  });

  it('leaves it at what was set on waking', async () => {
    const clock = new FakePlatform();
    const seen: string[] = [];
    const alarm = createAlarm(clock, () => alarm.set(10, () => seen.push('new')));
    alarm.set(30_000, () => seen.push('old'));
    await clock.sleep(60_000);
    await clock.advance(10);
    expect(seen).toEqual(['new']);
  });

  it('is not held up by a clock that is set back', async () => {
    const { clock, seen } = begin(30_000);
    clock.setBack(3_600_000);
    await clock.advance(30_000);
    expect(seen).toEqual(['due']);
  });

  it('can be cleared', async () => {
    const { clock, seen, alarm } = begin(10);
    alarm.clear();
    await clock.advance(100);
    expect(seen).toEqual([]);
  });
});
