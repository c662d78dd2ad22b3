import { describe, expect, it } from '@jest/globals';
import type { Bundle } from '../../services/push/decision/bundles.ts';
import { settled } from './dispatch-world.ts';
import { NOW_MS } from './notifications.ts';
import { ada, jane, wakerWorld } from './waker-world.ts';
import { waitingEvent } from './waiting-events.ts';

describe('what somebody is told at once', () => {
  const [a, b, c] = [11, 12, 13].map((appointmentId, index) => waitingEvent(index + 1, { appointmentId }));
  if (a === undefined || b === undefined || c === undefined) throw new Error('three were made');

  it('is written down before anybody is told', async () => {
    const { waker, asked, shown, pass } = wakerWorld();
    const written: Bundle[] = [];
    let confirm: () => void = () => undefined;
    asked.writeBundle = (_person, bundle) => {
      written.push(bundle);
      return new Promise((resolve) => (confirm = resolve));
    };
    for (const event of [a, b]) void waker.take({ event, people: [jane] });
    await pass();
    expect(shown()).toEqual([]);
    expect(written).toEqual([{ ids: [a.id, b.id], topic: 'appointments', cursor: b.cursor }]);
    confirm();
    await settled();
    expect(shown()).toEqual([`de: appointments ${b.cursor}`, `en: appointments ${b.cursor}`]);
  });

  it('is told to nobody where it cannot be written down; the message comes again', async () => {
    const { waker, asked, sent, gather } = wakerWorld();
    const { writeBundle } = asked;
    asked.writeBundle = () => Promise.reject(new Error('the broker is away'));
    const failed = expect(waker.take({ event: a, people: [jane] })).rejects.toThrow('the broker is away');
    await gather();
    await failed;
    expect(sent).toEqual([]);
    asked.writeBundle = writeBundle;
    const taken = waker.take({ event: a, people: [jane] });
    await gather();
    expect([await taken, sent.length]).toEqual([[], 2]);
  });

  it('is told the same again where push died meanwhile, and what is new after it', async () => {
    const { waker, knowledge, shown, told, gather, pass } = wakerWorld();
    knowledge.bundled({ ids: [a.id, b.id], topic: 'appointments', cursor: b.cursor }, jane, NOW_MS);
    knowledge.became(a.id, jane, 'delivered', NOW_MS);
    const taken = [c, b, a].map((event) => waker.take({ event, people: [jane] }));
    await pass();
    expect(shown()).toEqual([`de: appointments ${b.cursor}`, `en: appointments ${b.cursor}`]);
    await gather();
    await gather();
    expect(shown().slice(2)).toEqual([`de: appointment-13 ${c.cursor}`, `en: appointment-13 ${c.cursor}`]);
    expect(await Promise.all(taken)).toEqual([[], [], []]);
    expect(told().map(([id]) => id)).toEqual([b.id, c.id]);
  });

  it('is told once where it comes again in parts, be it to the push that told it or to another', async () => {
    const bundle = { ids: [a.id, b.id], topic: 'appointments', cursor: b.cursor };
    const { waker, knowledge, shown, told, gather } = wakerWorld();
    knowledge.bundled(bundle, jane, NOW_MS);
    for (const event of [a, c, b]) {
      const taken = waker.take({ event, people: [jane] });
      await gather();
      expect(await taken).toEqual([]);
    }
    expect(shown().filter((one) => one.startsWith('en'))).toEqual([
      `en: appointments ${b.cursor}`,
      `en: appointment-13 ${c.cursor}`,
    ]);
    expect(told()).toEqual([
      [a.id, 'provider', 'pushed', 'fcm'],
      [c.id, 'provider', 'pushed', 'fcm'],
      [b.id, 'provider', 'pushed', 'with_others'],
    ]);
    const next = wakerWorld();
    next.knowledge.bundled(bundle, jane, NOW_MS);
    next.knowledge.became(a.id, jane, 'pushed', NOW_MS);
    const taken = next.waker.take({ event: b, people: [jane] });
    await next.gather();
    expect([await taken, next.shown(), next.told()]).toEqual([
      [],
      [],
      [[b.id, 'provider', 'pushed', 'with_others']],
    ]);
  });

  it('is not written down where nobody would be tried: with more it may go together', async () => {
    const { waker, asked, shown, gather } = wakerWorld();
    asked.hasRoom = false;
    const first = waker.take({ event: a, people: [ada, jane] });
    await gather();
    expect(await first).toEqual([jane]);
    asked.hasRoom = true;
    const taken = [a, b].map((event) => waker.take({ event, people: [jane] }));
    await gather();
    expect(await Promise.all(taken)).toEqual([[], []]);
    expect(new Set(shown().map((one) => one.slice(4)))).toEqual(new Set([`appointments ${b.cursor}`]));
  });
});

describe('somebody who is being told', () => {
  const [first, second] = [waitingEvent(1, { appointmentId: 11 }), waitingEvent(2, { appointmentId: 12 })];

  it('is told of something else once that is over, and written down', async () => {
    const { waker, asked, shown, answer, pass } = wakerWorld();
    let write: () => void = () => undefined;
    const both = [waker.take({ event: first, people: [jane] })];
    await pass();
    both.push(waker.take({ event: second, people: [jane] }));
    await pass();
    expect(shown()).toHaveLength(2);
    asked.receiptsWritten = () => new Promise((resolve) => (write = resolve));
    for (const index of [0, 1]) await answer(index, { result: 'pushed' });
    expect(shown()).toHaveLength(2);
    write();
    await settled();
    expect(shown().slice(2)).toEqual([
      `de: appointment-12 ${second.cursor}`,
      `en: appointment-12 ${second.cursor}`,
    ]);
    for (const index of [2, 3]) await answer(index, { result: 'pushed' });
    expect(await Promise.all(both)).toEqual([[], []]);
  });

  it('has the rest sent round where that takes too long, and it holds nobody up', async () => {
    const { waker, shown, pass } = wakerWorld();
    void waker.take({ event: first, people: [jane] });
    await pass();
    const waits = waker.take({ event: second, people: [ada, jane] });
    await pass();
    await pass();
    expect([await waits, shown().length]).toEqual([[jane], 2]);
  });

  it('on a phone that cannot be reached is told of more on another, and goes on being told there', async () => {
    const { waker, wanted, shown, told, answer, pass } = wakerWorld();
    const taken = waker.take({ event: first, people: [jane] });
    await pass();
    await answer(1, { result: 'pushed' });
    await pass();
    expect(told()).toEqual([[first.id, 'provider', 'pushed', 'fcm']]);
    expect(wanted[0]?.()).toBe(true);
    void waker.take({ event: second, people: [jane] });
    await pass();
    expect(shown().slice(2)).toEqual([
      `de: appointment-12 ${second.cursor}`,
      `en: appointment-12 ${second.cursor}`,
    ]);
    await answer(0, { result: 'failed', reason: 'timeout' });
    expect([await taken, told().length]).toEqual([[], 1]);
  });
});
