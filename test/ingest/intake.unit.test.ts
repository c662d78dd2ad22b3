import { describe, expect, it } from '@jest/globals';
import { Intake, type IntakeOptions } from '../../services/ingest/core/intake.ts';
import type { Announcement, Confirm } from '../../services/ingest/core/ports.ts';
import type { Refusal } from '../../services/ingest/core/problems.ts';
import type { Input } from '../../services/ingest/core/read-input.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { AppError } from '../../shared/contract/errors.ts';
import { appointment } from '../support/events.ts';

/** An intake before a publisher that the test plays; nothing is confirmed until `confirm`. */
function world({ room = 10_000, ...options }: { room?: number } & Partial<IntakeOptions> = {}) {
  const handedOver: Announcement[] = [];
  const waiting: { resolve: (confirm: Confirm) => void; reject: (error: Error) => void }[] = [];
  let cursors = 0;
  const intake = new Intake({
    publisher: {
      ensureRoomFor: (messages) => {
        if (messages > room) throw new AppError('too_many_unconfirmed', 'full');
      },
      publish: (announcement) => {
        handedOver.push(announcement);
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      },
    },
    observer: {
      accepted: () => undefined,
      refused: () => undefined,
      ignored: () => undefined,
      confirmed: () => undefined,
    },
    nextCursor: () => Cursor.parse(`01a205ff-0000-7000-8000-${String((cursors += 1)).padStart(12, '0')}`),
    clock: () => 0,
    maxRepeats: 100,
    digest: (text) => text,
    calendarRoom: 'thin',
    inCluster: () => false,
    ...options,
  });
  const takeOrRefuse = (body: unknown, input: Partial<Input> = {}) => {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return intake.take({ entrance: 'events', wrapping: { kind: 'plain' }, body: bytes, ...input });
  };
  const take = (body: unknown, input: Partial<Input> = {}) => {
    const taken = takeOrRefuse(body, input);
    if ('problems' in taken) throw new Error(JSON.stringify(taken.problems));
    return taken;
  };
  return {
    handedOver,
    take,
    refusalOf: (body: unknown, input: Partial<Input> = {}) => {
      const taken = takeOrRefuse(body, input);
      if (!('problems' in taken)) throw new Error('it was taken');
      return taken;
    },
    ids: () => handedOver.map(({ event }) => event.id),
    confirm: (confirm: Confirm = 'prompt') => {
      for (const { resolve } of waiting.splice(0)) resolve(confirm);
    },
    fail: () => {
      for (const { reject } of waiting.splice(0)) reject(new AppError('broker_unavailable', 'gone'));
    },
  };
}

function pathsIn({ problems }: Refusal): string[] {
  return problems.map(({ path }) => path);
}

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

  it('under the id of another event are refused with what differs, and nothing of their array is published', async () => {
    const { take, refusalOf, confirm, ids } = world();
    const first = take(appointment({ id: 'a', data: { id: 12, start: '10:00' } })).receipts;
    confirm();
    await first;
    const moved = appointment({ id: 'a', data: { id: 12, start: '11:00' } });
    expect(pathsIn(refusalOf(moved))).toEqual(['/id', '/data/start']);
    expect(pathsIn(refusalOf([appointment({ id: 'b' }), moved]))).toEqual(['/1/id', '/1/data/start']);
    expect(refusalOf(moved)).toMatchObject({ code: 'id_reused' });
    expect(ids()).toEqual(['a', 'a:calendar']);
  });

  it('twice under one id in one array are refused when they are different', () => {
    const { refusalOf, ids } = world();
    const [one, other] = [{ id: 12 }, { id: 13 }].map((data) => appointment({ id: 'a', data }));
    expect(pathsIn(refusalOf([one, one, other]))).toEqual(['/2/id', '/2/data/id']);
    expect(ids()).toEqual([]);
  });

  it('repeat a CloudEvent also without its wrapping, and clash in its own words', async () => {
    const { take, refusalOf, confirm, ids } = world();
    const cloudEvent = { specversion: '1.0', type: 'calendar.sync', source: '/s', id: '1', data: { a: 1 } };
    const structured = { wrapping: { kind: 'cloud-event' } } as const;
    const first = take(cloudEvent, structured).receipts;
    confirm();
    await first;
    await take({ event: 'calendar.sync', id: '/s#1', data: { a: 1 } }, { entrance: 'inbox' }).receipts;
    expect(ids()).toEqual(['/s#1']);
    const later = { ...cloudEvent, time: '2026-12-03T10:00:00Z', data: { a: 2 } };
    expect(pathsIn(refusalOf(later, structured))).toEqual(['/id', '/time', '/data/a']);
  });

  it('are no other event because the time or the secretaries that ingest filled in are others', async () => {
    let now = 0;
    let secretaries = [8];
    const { take, confirm, ids } = world({ clock: () => now, secretariesOf: () => secretaries });
    const event = appointment({ id: 'a' });
    const first = take(event).receipts;
    confirm();
    now = 5_000;
    secretaries = [9];
    expect(await take(event).receipts).toEqual(await first);
    expect(ids()).toEqual(['a', 'a:calendar']);
  });

  it('that fail are published by a retry, and leave their id to other contents', async () => {
    const { take, fail, confirm, ids } = world();
    const first = take({ event: 'calendar.sync', id: 'a', data: { a: 1 } }).receipts;
    fail();
    await expect(first).rejects.toMatchObject({ code: 'broker_unavailable' });
    const second = take({ event: 'calendar.sync', id: 'a', data: { a: 2 } }).receipts;
    confirm();
    expect(await second).toHaveLength(1);
    expect(ids()).toEqual(['a', 'a']);
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
    while (handedOver.length < 2) await Promise.resolve();
    const [original, copy] = handedOver;
    expect(copy?.event).toEqual(original?.event);
    expect(copy?.cursor).not.toBe(original?.cursor);
    expect(JSON.parse(String(copy?.body))).toMatchObject({ id: 'a', cursor: copy?.cursor });
    let accepted = false;
    void receipts.then(() => (accepted = true));
    await new Promise(setImmediate);
    expect(accepted).toBe(false);
    confirm('late');
    expect(await receipts).toEqual([{ id: 'a', rooms: ['calendar'], cursor: original?.cursor }]);
    expect(handedOver.length).toBe(2);
  });

  it('is left alone on a single node, where nobody else can lead the history', async () => {
    const { take, handedOver, confirm } = world();
    const { receipts } = take({ event: 'calendar.sync', data: {}, id: 'a' });
    confirm('late');
    await receipts;
    expect(handedOver.length).toBe(1);
  });
});
