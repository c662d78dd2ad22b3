import { describe, expect, it } from '@jest/globals';
import type { IntakeOptions } from '../../services/ingest/accept/intake.ts';
import { appointment } from '../support/events.ts';
import { world } from './intake-world.ts';

describe('events that are taken', () => {
  it('are handed over within the call, in order, each directly followed by its companion', () => {
    const { take, ids } = world();
    void take([appointment({ id: 'a' }), appointment({ id: 'b' })]).receipts;
    void take(appointment({ id: 'c' })).receipts;
    expect(ids()).toEqual(['a', 'a:calendar', 'b', 'b:calendar', 'c', 'c:calendar']);
  });

  it('have a receipt only once all that they announce is confirmed', async () => {
    const { take, confirm } = world();
    let answered = false;
    const { receipts } = take(appointment({ id: 'a' }));
    void receipts.then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    confirm();
    expect(await receipts).toMatchObject([{ id: 'a', rooms: ['admin', 'provider_4', 'customer_6'] }]);
  });

  it('without an id have their cursor for it, and each message a cursor of its own', async () => {
    const { take, confirm, handedOver } = world();
    const { receipts } = take(appointment());
    confirm();
    const [receipt] = await receipts;
    const [event, companion] = handedOver;
    expect(receipt?.id).toBe(receipt?.cursor);
    expect(event?.cursor).toBe(receipt?.cursor);
    expect(companion?.cursor).not.toBe(event?.cursor);
    expect(JSON.parse(String(event?.body))).toMatchObject({ id: receipt?.id, cursor: receipt?.cursor });
  });

  it('for the calendar alone announce only the companion, whose cursor they are answered with', async () => {
    const { take, confirm, handedOver, ids } = world();
    const { receipts } = take(appointment({ id: 'a', rooms: ['calendar'] }));
    confirm();
    expect(ids()).toEqual(['a:calendar']);
    expect(await receipts).toEqual([{ id: 'a', rooms: [], cursor: handedOver[0]?.cursor }]);
  });

  it('twice under one id, also within one array, are published once and answered alike', async () => {
    const { take, confirm, ids } = world();
    const event = appointment({ id: 'a' });
    const first = take([event, event]).receipts;
    const second = take(event).receipts;
    confirm();
    const [one, two] = await first;
    expect([two, ...(await second)]).toEqual([one, one]);
    expect(ids()).toEqual(['a', 'a:calendar']);
  });

  it('that fail are published by a retry', async () => {
    const { take, fail, confirm, ids } = world();
    const first = take(appointment({ id: 'a' })).receipts;
    fail();
    await expect(first).rejects.toMatchObject({ code: 'broker_unavailable' });
    const retry = take(appointment({ id: 'a' })).receipts;
    confirm();
    expect(await retry).toHaveLength(1);
    expect(ids()).toEqual(['a', 'a:calendar', 'a', 'a:calendar']);
  });
});

describe('an event of the fork that becomes two', () => {
  const enrich: IntakeOptions['enrich'] = (event) => [
    { ...event, rooms: ['admin'] },
    { ...event, id: 'a:customer', rooms: ['customer_6'], isCopy: true },
  ];
  const broadcast = { entrance: 'broadcast' } as const;

  it('is taken once both are confirmed', async () => {
    const { take, confirm, ids } = world({ enrich });
    let answered = false;
    const { receipts } = take(appointment({ id: 'a' }), broadcast);
    void receipts.then(() => (answered = true));
    await new Promise(setImmediate);
    expect([answered, ids()]).toEqual([false, ['a', 'a:calendar', 'a:customer']]);
    confirm();
    expect((await receipts).map(({ rooms }) => rooms)).toEqual([['admin'], ['customer_6']]);
  });

  it('keeps what is the customer’s out of a calendar that gets whole events', () => {
    const { take, handedOver } = world({ enrich, calendarRoom: 'full' });
    void take(appointment({ id: 'a' }), broadcast).receipts;
    expect(handedOver.map(({ event }) => event.rooms)).toEqual([['admin', 'calendar'], ['customer_6']]);
  });

  it('is one at any other entrance', () => {
    const { take, ids } = world({ enrich });
    void take(appointment({ id: 'a' })).receipts;
    expect(ids()).toEqual(['a', 'a:calendar']);
  });
});

describe('an array that does not fit', () => {
  it('is refused whole, before anything is published', () => {
    const { take, handedOver } = world({ room: 3 });
    expect(() => take([appointment(), appointment()])).toThrow(
      expect.objectContaining({ code: 'too_many_unconfirmed' }),
    );
    expect(handedOver).toEqual([]);
  });

  it('fits when what does not fit are repeats', () => {
    const { take, ids } = world({ room: 2 });
    const event = appointment({ id: 'a' });
    void take(event).receipts;
    void take([event, appointment({ id: 'b' })]).receipts;
    expect(ids()).toEqual(['a', 'a:calendar', 'b', 'b:calendar']);
  });
});

describe('the id beside a message of the inbox', () => {
  const fallback = (fallbackId: string) => ({ entrance: 'inbox', fallbackId }) as const;

  it('is used when the event has none of its own', () => {
    const { take, ids } = world();
    void take({ event: 'calendar.sync', data: {} }, fallback('m1')).receipts;
    void take({ event: 'calendar.sync', data: {}, id: 'own' }, fallback('m2')).receipts;
    void take([{ event: 'calendar.sync', data: {} }], fallback('m3')).receipts;
    expect(ids().slice(0, 2)).toEqual(['m1', 'own']);
    expect(ids()).not.toContain('m3');
  });

  it('is checked like any other', () => {
    const { take } = world();
    expect(() => take({ event: 'calendar.sync', data: {} }, fallback('x'.repeat(201)))).toThrow('"/id"');
  });
});

describe('an event whose confirm came late', () => {
  it('is published again in a cluster, with a place of its own in the history, and accepted only then', async () => {
    const { take, handedOver, confirm } = world({ inCluster: () => true });
    const { receipts } = take({ event: 'calendar.sync', data: {}, id: 'a' });
    confirm('late');
    await new Promise(setImmediate);
    const [original, copy] = handedOver;
    expect(copy?.event).toEqual(original?.event);
    expect(copy?.cursor).not.toBe(original?.cursor);
    expect(copy?.sync).toBeUndefined();
    expect(JSON.parse(String(copy?.body))).toMatchObject({ id: 'a', cursor: copy?.cursor });
    let accepted = false;
    void receipts.then(() => (accepted = true));
    await new Promise(setImmediate);
    expect(accepted).toBe(false);
    confirm('late');
    expect(await receipts).toEqual([{ id: 'a', rooms: ['calendar'], cursor: original?.cursor }]);
    expect(handedOver.length).toBe(2);
  });

  it('is not published again in a cluster where it came at once', async () => {
    const { take, handedOver, confirm } = world({ inCluster: () => true });
    const { receipts } = take({ event: 'calendar.sync', data: {}, id: 'a' });
    confirm('prompt');
    await new Promise(setImmediate);
    expect(handedOver.length).toBe(1);
    expect(await receipts).toHaveLength(1);
  });

  it('is left alone on a single node, where nobody else can lead the history', async () => {
    const { take, handedOver, confirm } = world();
    const { receipts } = take({ event: 'calendar.sync', data: {}, id: 'a' });
    confirm('late');
    await receipts;
    expect(handedOver.length).toBe(1);
  });
});

describe('where the calendar.sync goes with its event', () => {
  it('both are one message, for the rooms of the event and calendar, each under a cursor of its own', async () => {
    const { take, confirm, handedOver } = world({ calendarSyncApart: () => false });
    const { receipts } = take(appointment({ id: 'a' }));
    confirm();
    const [receipt] = await receipts;
    const [{ event, cursor, sync } = {}, ...more] = handedOver;
    expect(more).toEqual([]);
    expect([event?.id, cursor, event?.rooms.includes('calendar')]).toEqual(['a', receipt?.cursor, false]);
    expect(sync?.event).toMatchObject({ id: 'a:calendar', name: 'calendar.sync', rooms: ['calendar'] });
    expect(JSON.parse(String(sync?.body))).toMatchObject({ id: 'a:calendar', cursor: sync?.cursor });
    expect(sync?.cursor).not.toBe(cursor);
  });

  it('is asked anew for each event', () => {
    let apart = true;
    const { take, ids } = world({ calendarSyncApart: () => apart });
    void take(appointment({ id: 'a' })).receipts;
    apart = false;
    void take(appointment({ id: 'b' })).receipts;
    expect(ids()).toEqual(['a', 'a:calendar', 'b']);
  });

  it('an event for the calendar alone is its companion', () => {
    const { take, ids, handedOver } = world({ calendarSyncApart: () => false });
    void take(appointment({ id: 'a', rooms: ['calendar'] })).receipts;
    expect([ids(), handedOver[0]?.sync]).toEqual([['a:calendar'], undefined]);
  });

  /** An event whose `calendar.sync` takes so many bytes. */
  const withSyncOf = (bytes: number) => {
    const of = (length: number) => {
      const data = { ...appointment().data, start: 'x'.repeat(length) };
      return appointment({ id: 'a', data });
    };
    const { take, handedOver } = world();
    void take(of(0)).receipts;
    return of(bytes - (handedOver[1]?.body.byteLength ?? 0));
  };

  it('one too long for a header goes by itself', () => {
    const { take, ids, handedOver } = world({ calendarSyncApart: () => false });
    void take(withSyncOf(1_001)).receipts;
    expect(ids()).toEqual(['a', 'a:calendar']);
    expect(handedOver[1]?.body.byteLength).toBe(1_001);
    // Each cursor that is drawn is used.
    expect(handedOver.map(({ cursor }) => Number(cursor.slice(-12)))).toEqual([1, 2]);
  });

  it('one that just fits a header goes in it, and counts among the bytes that room is asked for', () => {
    const { take, handedOver, asked } = world({ calendarSyncApart: () => false });
    void take(withSyncOf(1_000)).receipts;
    const [{ body, sync } = {}, ...more] = handedOver;
    expect([more, sync?.body.byteLength]).toEqual([[], 1_000]);
    expect(asked).toEqual([[1, (body?.byteLength ?? 0) + 1_000]]);
  });

  it('both are published once more, under other cursors, where the confirm of a cluster was late', async () => {
    const { take, confirm, handedOver } = world({ calendarSyncApart: () => false, inCluster: () => true });
    const { receipts } = take(appointment({ id: 'a' }));
    confirm('late');
    await new Promise(setImmediate);
    confirm();
    await receipts;
    const cursors = handedOver.flatMap(({ cursor, sync }) => [cursor, sync?.cursor]);
    expect(new Set(cursors).size).toBe(4);
    const [original, copy] = handedOver;
    expect(copy?.sync?.event).toEqual(original?.sync?.event);
  });
});
