import { expect, it } from '@jest/globals';
import { Liveness } from '../../services/delivery/stream/liveness.ts';

const INTERVAL_MS = 5_000;
const isOpen = (promise: Promise<void>) =>
  Promise.race([promise.then(() => true), Promise.resolve().then(() => Promise.resolve(false))]);

it('is alive from a mark that came back on, until the queue is gone', async () => {
  const liveness = new Liveness(INTERVAL_MS);
  liveness.consuming();
  const waiting = liveness.whenAlive();
  expect([liveness.isAlive, await isOpen(waiting)]).toEqual([false, false]);
  liveness.markArrived();
  expect([liveness.isAlive, await isOpen(waiting), await isOpen(liveness.whenAlive())]).toEqual([
    true,
    true,
    true,
  ]);
  liveness.lost();
  expect([liveness.isAlive, await isOpen(liveness.whenAlive())]).toEqual([false, false]);
});

it('counts its outages: once each, and none before it was alive', () => {
  const liveness = new Liveness(INTERVAL_MS);
  liveness.lost();
  expect(liveness.outages).toBe(0);
  liveness.markArrived();
  liveness.lost();
  liveness.lost();
  liveness.markArrived();
  expect(liveness.outages).toBe(1);
});

it('wants a mark as soon as the queue is consumed, and another each interval though none has come back', () => {
  const liveness = new Liveness(INTERVAL_MS);
  const due = (nowMs: number) => liveness.isMarkDue(nowMs);
  expect(due(0)).toBe(false);
  liveness.consuming();
  expect([due(0), due(INTERVAL_MS - 1), due(INTERVAL_MS), due(INTERVAL_MS)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  liveness.lost();
  expect(due(10 * INTERVAL_MS)).toBe(false);
  liveness.consuming();
  expect(due(INTERVAL_MS + 1)).toBe(true);
});
