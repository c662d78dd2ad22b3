import { describe, expect, it } from '@jest/globals';
import { RoomcastClient } from '../../client/src/client.ts';
import { Unauthorized } from '../../client/src/errors.ts';
import { transportOf } from '../../client/src/transport-of.ts';
import { Phone } from './support/phone.ts';

describe('a client', () => {
  it('is idle until start()', async () => {
    const phone = new Phone();
    await phone.clock.advance(60_000);
    expect([phone.status, phone.server.sockets.length, phone.tokenCalls]).toEqual(['idle', 0, 0]);
  });

  it('hands its token over in the first frame, never in the URL', async () => {
    const phone = await Phone.live({ rooms: ['provider_4'] });
    expect(phone.server.socket.url).toBe('wss://host/ws');
    expect(phone.server.socket.auths).toEqual([
      { action: 'auth', token: expect.stringMatching(/^token-1 /), rooms: ['provider_4'], events: 'dotted' },
    ]);
  });

  it('takes the address of the server for that of its WebSocket', async () => {
    const phone = await Phone.live({ url: undefined, serverUrl: 'https://host/live/' });
    expect(phone.server.socket.url).toBe('wss://host/live/ws');
  });

  it('gives each event to listeners of all events and of its name', async () => {
    const phone = await Phone.live();
    const moved: string[] = [];
    phone.client.on('appointment.updated', ({ id }) => moved.push(id));
    phone.server.publish();
    phone.server.publish({ event: 'appointment.updated' });
    await phone.clock.advance(100);
    expect(phone.ids).toEqual(['event-1', 'event-2']);
    expect(moved).toEqual(['event-2']);
  });

  it('comes back from where it was, and shows nobody what comes again', async () => {
    const phone = await Phone.live();
    for (let count = 0; count < 3; count += 1) phone.server.publish();
    await phone.clock.advance(100);
    phone.server.cut();
    phone.server.publish();
    await phone.clock.advance(2_000);
    expect(phone.server.socket.auths[0]).toMatchObject({ cursor: 'cursor-3' });
    expect(phone.ids).toEqual(['event-1', 'event-2', 'event-3', 'event-4']);
    expect(phone.client.getSnapshot()).toMatchObject({ status: 'live', recovered: true });
  });

  it('has moved on before its listeners run, so that what they start begins there', async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const phone = await Phone.live({ storage });
    phone.client.on('event', () => {
      phone.client.stop();
      phone.client.start();
    });
    phone.server.publish();
    await phone.clock.advance(200);
    expect(phone.server.sockets.map(({ auths }) => auths[0]?.cursor)).toEqual([undefined, 'cursor-1']);
    expect(kept).toEqual(new Map([['roomcast:cursor', 'cursor-1']]));
  });

  it('begins at the place in its storage', async () => {
    const storage = { getItem: () => Promise.resolve('cursor-0'), setItem: () => undefined };
    const phone = new Phone({ storage });
    phone.server.publish();
    phone.client.start();
    await phone.clock.advance(100);
    expect(phone.ids).toEqual(['event-1']);
  });

  it('works on where the storage fails, and says so', async () => {
    const broken = () => Promise.reject(new Error('quota'));
    const phone = await Phone.live({ storage: { getItem: broken, setItem: broken } });
    phone.server.publish();
    await phone.clock.advance(100);
    expect(phone.ids).toEqual(['event-1']);
    expect(new Set(phone.errors.map(({ code }) => code))).toEqual(new Set(['storage_failed']));
  });

  it('writes one cursor at a time, and the newest next', async () => {
    const written: string[] = [];
    const pending: (() => void)[] = [];
    const setItem = (_key: string, value: string) => {
      written.push(value);
      return new Promise<void>((resolve) => pending.push(resolve));
    };
    const phone = await Phone.live({ storage: { getItem: () => null, setItem } });
    for (let count = 0; count < 5; count += 1) phone.server.publish();
    await phone.clock.advance(100);
    pending.shift()?.();
    await phone.clock.advance(100);
    expect(written).toEqual(['cursor-0', 'cursor-5']);
  });

  it('tells nobody anything after stop(), also those that come after the one that stopped it', async () => {
    const phone = new Phone();
    phone.client.on('event', () => phone.client.stop());
    const later: string[] = [];
    phone.client.on('event', ({ id }) => later.push(id));
    phone.client.start();
    await phone.clock.advance(100);
    phone.server.publish();
    phone.server.publish();
    await phone.clock.advance(60_000);
    expect([phone.ids, later]).toEqual([['event-1'], []]);
    expect([phone.status, phone.server.open.length, phone.clock.watchers]).toEqual(['idle', 0, 0]);
  });

  it('goes on with the others where one listener throws, and says so', async () => {
    const phone = new Phone();
    phone.client.on('event', () => {
      throw new Error('of the app');
    });
    const later: string[] = [];
    phone.client.on('event', ({ id }) => later.push(id));
    phone.client.start();
    await phone.clock.advance(100);
    phone.server.publish();
    await phone.clock.advance(100);
    expect(later).toEqual(['event-1']);
    expect(phone.errors).toMatchObject([{ code: 'handler_failed', message: 'of the app' }]);
    expect(phone.clock.logged).toEqual([new Error('of the app')]);
  });

  it('says what its listeners have taken where the server wants to know, the newest of each second', async () => {
    const phone = new Phone();
    phone.server.takesAcks = true;
    phone.client.start();
    await phone.clock.advance(100);
    phone.server.publish();
    await phone.clock.advance(100);
    expect(phone.server.socket.acks).toEqual(['cursor-1']);
    for (let count = 0; count < 3; count += 1) phone.server.publish();
    await phone.clock.advance(800);
    expect(phone.server.socket.acks).toEqual(['cursor-1']);
    await phone.clock.advance(200);
    expect(phone.server.socket.acks).toEqual(['cursor-1', 'cursor-4']);
  });

  it('says nothing of the calendar, nor to a server that does not ask', async () => {
    const asked = new Phone();
    asked.server.takesAcks = true;
    asked.client.start();
    const unasked = await Phone.live();
    await asked.clock.advance(100);
    asked.server.publish({ event: 'calendar.sync', data: { reason: 'appointment.created' } });
    unasked.server.publish();
    for (const { clock } of [asked, unasked]) await clock.advance(5_000);
    expect([asked.ids, unasked.ids]).toEqual([['event-1'], ['event-1']]);
    expect([asked.server.socket.acks, unasked.server.socket.acks]).toEqual([[], []]);
  });

  it('says nothing of what no listener took', async () => {
    const { clock, server } = new Phone();
    server.takesAcks = true;
    const { WebSocket } = server;
    const openLink = transportOf({ url: 'wss://host/ws', WebSocket });
    const client = new RoomcastClient(clock, openLink, { getToken: () => server.issue() });
    let calls = 0;
    client.on('appointment.created', () => {
      calls += 1;
      throw new Error('a fault of the app');
    });
    client.start();
    await clock.advance(100);
    server.publish();
    server.publish({ event: 'appointment.updated' });
    await clock.advance(5_000);
    expect([calls, server.socket.acks]).toEqual([1, []]);
  });

  it('says nothing on the next connection of what the last one brought', async () => {
    const phone = new Phone();
    phone.server.takesAcks = true;
    phone.client.start();
    await phone.clock.advance(100);
    for (let count = 0; count < 2; count += 1) {
      phone.server.publish();
      await phone.clock.advance(100);
    }
    phone.server.cut();
    await phone.clock.advance(5_000);
    expect(phone.server.sockets.map(({ acks }) => acks)).toEqual([['cursor-1'], []]);
  });

  it('stops for good where getToken throws Unauthorized, until refresh()', async () => {
    let isSignedIn = false;
    const phone: Phone = new Phone({
      getToken: () => {
        if (!isSignedIn) throw new Unauthorized('signed out');
        return phone.server.issue();
      },
    });
    phone.client.start();
    await phone.clock.advance(600_000);
    expect([phone.status, phone.tokenCalls]).toEqual(['stopped', 1]);
    expect(phone.client.getSnapshot().lastError).toMatchObject({
      code: 'unauthorized',
      message: 'signed out',
    });
    isSignedIn = true;
    phone.client.refresh();
    await phone.clock.advance(100);
    expect(phone.status).toBe('live');
  });

  it('waits as long as the server says where it drains', async () => {
    const phone = await Phone.live();
    phone.server.drain(7_000);
    await phone.clock.advance(6_900);
    expect(phone.server.sockets).toHaveLength(1);
    await phone.clock.wake();
    await phone.clock.advance(50);
    expect(phone.server.sockets).toHaveLength(1);
    await phone.clock.advance(200);
    expect([phone.server.sockets.length, phone.status]).toEqual([2, 'live']);
    expect(phone.errors).toEqual([]);
  });

  it('renews its token in place when a fifth of its time is left', async () => {
    const phone = await Phone.live({ tokenMs: 20_000 });
    await phone.clock.advance(100_000);
    expect(phone.server.sockets).toHaveLength(1);
    expect(phone.tokenCalls).toBe(7);
    expect(phone.errors).toEqual([]);
  });

  it('gives up a connection that is silent, and is back at once', async () => {
    const phone = await Phone.live();
    phone.server.freeze();
    await phone.clock.advance(34_000);
    expect(phone.server.sockets).toHaveLength(1);
    await phone.clock.advance(2_000);
    expect([phone.server.sockets.length, phone.status]).toEqual([2, 'live']);
  });

  it('pings only where nothing is heard', async () => {
    const phone = await Phone.live();
    for (let count = 0; count < 10; count += 1) {
      phone.server.publish();
      await phone.clock.advance(20_000);
    }
    expect(phone.server.socket.received.filter(({ action }) => action === 'ping')).toEqual([]);
  });

  it('gives up an attempt that gets no answer', async () => {
    const phone = new Phone();
    phone.server.mode = 'silent';
    phone.client.start();
    await phone.clock.advance(21_000);
    expect(phone.server.sockets).toHaveLength(2);
    expect(phone.errors).toMatchObject([{ code: 'unreachable', message: 'no session for 20 s' }]);
  });

  it('can be followed by a loop, until the signal', async () => {
    const phone = await Phone.live();
    const aborting = new AbortController();
    const followed = (async () => {
      const ids: string[] = [];
      for await (const { id } of phone.client.events({ signal: aborting.signal })) ids.push(id);
      return ids;
    })();
    await phone.clock.advance(0);
    phone.server.publish();
    phone.server.publish();
    await phone.clock.advance(100);
    aborting.abort();
    expect(await followed).toEqual(['event-1', 'event-2']);
  });

  it('ends such a loop by stop(), and by what it stopped for', async () => {
    const phone = await Phone.live();
    const loop = async () => {
      const ids: string[] = [];
      for await (const { id } of phone.client.events()) ids.push(id);
      return ids;
    };
    const first = loop();
    await phone.clock.advance(0);
    phone.client.stop();
    expect(await first).toEqual([]);
    phone.client.start();
    await phone.clock.advance(100);
    const second = loop();
    await phone.clock.advance(0);
    phone.server.socket.end(4500, 'no more');
    await Promise.all([phone.clock.advance(100), expect(second).rejects.toMatchObject({ code: 'closed' })]);
  });
});
