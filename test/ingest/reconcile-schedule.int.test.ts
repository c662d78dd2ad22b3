import { describe, expect, it } from '@jest/globals';
import { booking } from '../support/easyappointments-rest.ts';
import { Reconciling } from '../support/reconciling.ts';

const HOUR_MS = 3_600_000;

/** Holds the answers to `services` until they are let go. */
function held(world: Reconciling) {
  let release: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    world.decider.before = () => {
      resolve();
      return new Promise((go) => (release = go));
    };
  });
  world.site.rows.appointments = [booking(1)];
  return {
    asked,
    release: () => {
      world.decider.before = () => Promise.resolve();
      release();
    },
  };
}

describe('runs', () => {
  it('begin at the start, and again a period after the end of the one before', async () => {
    await using world = await Reconciling.start({}, { periodMs: HOUR_MS });
    let report = world.report();
    world.reconciler.start();
    expect(await report).toMatchObject({ outcome: 'complete', reason: 'start' });
    for (let round = 0; round < 2; round += 1) {
      report = world.report();
      expect(await world.time.pass()).toBe(HOUR_MS);
      expect(await report).toMatchObject({ outcome: 'complete', reason: 'period' });
    }
    expect(world.log.filter((line) => line.includes('reconciled with'))).toHaveLength(3);
  });

  it('begin again after a period when one was given up', async () => {
    await using world = await Reconciling.start({ token: 'wrong' }, { periodMs: HOUR_MS });
    let report = world.report();
    world.reconciler.start();
    expect(await report).toMatchObject({ outcome: 'given_up' });
    report = world.report();
    await world.time.pass();
    expect(await report).toMatchObject({ outcome: 'given_up', reason: 'period' });
  });

  it('without a period begin only at the start and when asked', async () => {
    await using world = await Reconciling.start();
    for (const reason of ['start', 'asked']) {
      const report = world.report();
      if (reason === 'start') world.reconciler.start();
      else world.reconciler.request(reason);
      expect(await report).toMatchObject({ reason });
      await new Promise(setImmediate);
      expect(world.time.isWaiting).toBe(false);
    }
  });

  it('never overlap: what is asked during one is one more after it', async () => {
    await using world = await Reconciling.start();
    const hold = held(world);
    const report = world.report();
    world.reconciler.start();
    await hold.asked;
    world.reconciler.request('a');
    world.reconciler.request('b');
    const requests = world.site.requests.length;
    hold.release();
    expect(await report).toMatchObject({ reason: 'start' });
    expect(await world.report()).toMatchObject({ reason: 'b' });
    expect(world.site.requests).toHaveLength(2 * (requests + 3));
    await new Promise(setImmediate);
    expect(world.reports).toHaveLength(2);
  });

  it('begin neither before the start nor after the stop', async () => {
    await using world = await Reconciling.start({}, { periodMs: HOUR_MS });
    world.reconciler.request('early');
    expect(world.site.requests).toEqual([]);
    const report = world.report();
    world.reconciler.start();
    await report;
    await new Promise(setImmediate);
    expect(world.time.isWaiting).toBe(true);
    await world.reconciler.stop();
    expect(world.time.isWaiting).toBe(false);
    const requests = world.site.requests.length;
    world.reconciler.request('late');
    await world.reconciler.stop();
    expect(world.site.requests).toHaveLength(requests);
  });

  it('end with a stop, which forgets what was asked and says so in the log', async () => {
    await using world = await Reconciling.start({}, { periodMs: HOUR_MS });
    const hold = held(world);
    const report = world.report();
    world.reconciler.start();
    await hold.asked;
    world.reconciler.request('more');
    const stopped = world.reconciler.stop();
    hold.release();
    await stopped;
    expect(await report).toMatchObject({ outcome: 'stopped', reason: 'start' });
    expect(world.reports).toHaveLength(1);
    expect(world.time.isWaiting).toBe(false);
    expect(world.log.join('')).toContain('reconciliation stopped');
  });

  it('begin again with a start that comes before the stop is through', async () => {
    await using world = await Reconciling.start();
    const hold = held(world);
    world.reconciler.start();
    await hold.asked;
    const stopped = world.reconciler.stop();
    world.reconciler.start();
    hold.release();
    await stopped;
    expect(await world.report()).toMatchObject({ outcome: 'complete', reason: 'start' });
    expect(world.reports.map(({ outcome }) => outcome)).toEqual(['stopped', 'complete']);
  });

  it('go on after a fault of ours, which is in the log', async () => {
    await using world = await Reconciling.start({}, { periodMs: HOUR_MS });
    world.site.rows.appointments = [booking(1)];
    world.decider.before = () => Promise.reject(new TypeError('undefined is not a function'));
    world.reconciler.start();
    const passed = world.time.pass();
    const report = world.report();
    await passed;
    expect(world.log.join('')).toContain('undefined is not a function');
    world.decider.before = () => Promise.resolve();
    expect(await report).toMatchObject({ outcome: 'complete' });
  });
});

describe('requests', () => {
  it('keep the interval between them, also those of two runs', async () => {
    await using world = await Reconciling.start({}, { intervalMs: 1_500 });
    await world.run();
    expect(world.time.waits).toEqual(Array(7).fill(1_500));
    await world.run();
    expect(world.time.waits).toEqual(Array(15).fill(1_500));
  });

  it('lose no time that went by otherwise, and wait no longer when the clock is set back', async () => {
    await using world = await Reconciling.start({}, { intervalMs: 1_500 });
    world.site.interfere = ({ path }) => {
      if (path === 'providers') world.time.nowMs += 1_000;
      if (path === 'secretaries') world.time.nowMs += 10_000;
      if (path === 'customers') world.time.nowMs -= HOUR_MS;
      return false;
    };
    await world.run();
    expect(world.time.waits).toEqual([500, ...Array<number>(5).fill(1_500)]);
  });
});
