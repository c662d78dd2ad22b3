import { describe, expect, it } from '@jest/globals';
import type { AcceptedEvent } from '../../services/ingest/accept/accept.ts';
import { appointment } from '../support/events.ts';
import { world } from './intake-world.ts';

const sync = (fields: object = {}) => ({ event: 'calendar.sync', data: {}, ...fields });
const accepted = (id?: string): AcceptedEvent => ({
  id,
  name: 'calendar.sync',
  data: {},
  timestamp: '2026-11-22T12:00:00.000Z',
  rooms: ['calendar'],
});

describe('room with the broker', () => {
  it('is asked for what one event announces, in messages and bytes', () => {
    const { take, asked, handedOver } = world();
    void take(appointment()).receipts;
    void take(sync()).receipts;
    const sizes = handedOver.map(({ body }) => body.byteLength);
    expect(asked).toEqual([
      [2, (sizes[0] ?? 0) + (sizes[1] ?? 0)],
      [1, sizes[2]],
    ]);
  });

  it('is asked for a whole array, before it is known what its events become', () => {
    const { take, asked } = world();
    const array = [sync({ id: 'a' }), sync(), sync()];
    void take(array).receipts;
    expect(asked).toEqual([[6, 2 * JSON.stringify(array).length]]);
  });

  it('is not asked for repeats, which are answered also when there is none', async () => {
    const { take, asked, confirm } = world({ room: 2 });
    const event = appointment({ id: 'a' });
    const first = take(event).receipts;
    confirm();
    const [receipt] = await first;
    asked.length = 0;
    expect(await take(event).receipts).toEqual([receipt]);
    expect(await take([event, event]).receipts).toEqual([receipt, receipt]);
    expect(asked).toEqual([]);
  });

  it('is asked for one of two events with one id that are told together', async () => {
    const { intake, asked, confirm, ids } = world();
    const receipts = intake.announce([accepted('a'), accepted('a')], 'webhook');
    confirm();
    expect(await receipts).toHaveLength(2);
    expect([ids(), asked.map(([messages]) => messages)]).toEqual([['a'], [1]]);
  });

  it('is asked for each of two events without an id', () => {
    const { intake, asked, handedOver } = world();
    void intake.announce([accepted(), accepted()], 'webhook');
    expect([handedOver.length, asked.map(([messages]) => messages)]).toEqual([2, [2]]);
  });
});

describe('an event of the fork’s own call', () => {
  it('is left to the inbox where it belongs there, and announced by none', async () => {
    const deferred: [id: string | undefined, body: string][] = [];
    const { take, handedOver } = world({
      defer: ({ id }, body) => {
        deferred.push([id, String(Buffer.from(body))]);
        return Promise.resolve();
      },
    });
    const event = appointment({ id: 'a' });
    const { single, receipts } = take(event, { entrance: 'broadcast' });
    expect([single, await receipts]).toEqual([true, []]);
    expect(deferred).toEqual([['a', JSON.stringify(event)]]);
    expect(handedOver).toEqual([]);
    void take(event).receipts;
    expect(deferred).toHaveLength(1);
    expect(handedOver).toHaveLength(2);
  });
});

describe('what stands beside a message', () => {
  it('tells a repeat of a backend’s id from another event, and its companion from another', () => {
    const { take, handedOver } = world();
    void take(appointment({ id: 'a' })).receipts;
    const [event, companion] = handedOver;
    expect(Object.keys(event?.contents ?? {})).toEqual(['contents', 'contents_parts']);
    expect(companion?.contents).toEqual({ contents: event?.contents?.contents });
  });

  it('is nothing where the id is ours', () => {
    const { take, handedOver } = world();
    void take(appointment()).receipts;
    expect(handedOver.map(({ contents }) => contents)).toEqual([undefined, undefined]);
  });
});

describe('an event that was accepted', () => {
  it('is counted once it is confirmed, with its entrance, and as repeated where it is', async () => {
    const { take, confirm, accepted } = world();
    const event = sync({ id: 'a' });
    const first = take(event).receipts;
    await new Promise(setImmediate);
    expect(accepted).toEqual([]);
    confirm();
    const [receipt] = await first;
    await take(event, { entrance: 'inbox' }).receipts;
    expect(accepted).toEqual([
      { ...receipt, name: 'calendar.sync', entrance: 'events', repeated: false },
      { ...receipt, name: 'calendar.sync', entrance: 'inbox', repeated: true },
    ]);
    const withoutId = take(sync()).receipts;
    confirm();
    await withoutId;
    expect(accepted.at(-1)).toMatchObject({ repeated: false });
  });

  it('is a repeat however many others come before it in one call', async () => {
    const { intake, take, confirm, ids } = world({ maxRepeats: 1 });
    const first = take(sync({ id: 'a' })).receipts;
    confirm();
    await first;
    const receipts = intake.announce([accepted('b'), accepted('a')], 'webhook');
    confirm();
    expect((await receipts).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(ids()).toEqual(['a', 'b']);
  });
});

describe('an array of which one event fails', () => {
  it('is answered once nothing of it is on its way any longer', async () => {
    const { take, settle } = world();
    let failed = false;
    const { receipts } = take([sync(), sync()]);
    const answered = receipts.catch(() => (failed = true));
    settle(0, new Error('gone'));
    await new Promise(setImmediate);
    expect(failed).toBe(false);
    settle(1);
    await answered;
    expect(failed).toBe(true);
  });
});
