import { describe, expect, it } from '@jest/globals';
import { Unauthorized } from '../../client/src/errors.ts';
import { Phone } from './support/phone.ts';

/** Those about React are in react.unit.test.ts. */
describe('what users of other clients ask for', () => {
  it('1: finds a connection that died while the app was in the background within 2 s of its return', async () => {
    const phone = await Phone.live();
    phone.server.freeze();
    await phone.clock.sleep(120_000);
    await phone.clock.wake();
    await phone.clock.advance(2_100);
    expect([phone.status, phone.server.sockets.length]).toEqual(['live', 2]);
    expect(phone.statuses).toEqual(['connecting', 'live']);
  });

  it('1: does so too where nothing but a late timer tells of the sleep', async () => {
    const phone = await Phone.live();
    phone.server.freeze();
    await phone.clock.sleep(3_600_000);
    await phone.clock.advance(2_100);
    expect([phone.status, phone.server.sockets.length]).toEqual(['live', 2]);
  });

  it('1: leaves a connection that survived as it is', async () => {
    const phone = await Phone.live();
    await phone.clock.sleep(120_000);
    await phone.clock.wake();
    await phone.clock.advance(10_000);
    expect([phone.status, phone.server.sockets.length]).toEqual(['live', 1]);
  });

  it('2: says whether something was missed, and why', async () => {
    const phone = await Phone.live();
    phone.server.cut();
    await phone.clock.advance(2_000);
    expect([phone.gaps, phone.client.getSnapshot().recovered]).toEqual([[], true]);
    phone.server.forgotten = 'expired';
    phone.server.cut();
    await phone.clock.advance(2_000);
    expect([phone.gaps, phone.client.getSnapshot().recovered]).toEqual([['expired'], false]);
  });

  it('2: has a place to come back to before the first event', async () => {
    const phone = await Phone.live();
    phone.server.cut();
    phone.server.publish();
    await phone.clock.advance(2_000);
    expect(phone.ids).toEqual(['event-1']);
  });

  it('3: never comes back with an expired token', async () => {
    const phone = await Phone.live({ tokenMs: 60_000 });
    phone.server.mode = 'down';
    phone.server.cut();
    await phone.clock.advance(300_000);
    phone.server.mode = 'up';
    await phone.clock.advance(21_000);
    expect(phone.status).toBe('live');
    expect(phone.errors.filter(({ code }) => code === 'TOKEN_EXPIRED')).toEqual([]);
  });

  it.each([
    ['3000', 'token that is none'],
    ['4001', 'token-0 until 1'],
  ])('3: asks for a new token after %s', async (_code, bad) => {
    const phone: Phone = new Phone({ getToken: () => (phone.tokenCalls === 1 ? bad : phone.server.issue()) });
    phone.client.start();
    await phone.clock.advance(2_000);
    expect([phone.status, phone.tokenCalls, phone.server.sockets.length]).toEqual(['live', 2, 2]);
  });

  it('3: does not send a token again that was refused, and does not ask in a hot loop', async () => {
    const phone = new Phone({ getToken: () => 'token that is none' });
    phone.client.start();
    await phone.clock.advance(600_000);
    expect(phone.server.sockets).toHaveLength(1);
    expect(phone.tokenCalls).toBeGreaterThan(20);
    expect(phone.tokenCalls).toBeLessThan(100);
    expect(phone.errors.at(-1)).toMatchObject({ code: 'token_refused' });
  });

  it('4: takes a token from outside in place', async () => {
    const phone = await Phone.live();
    const token = phone.server.issue(500_000);
    phone.client.refresh(token);
    await phone.clock.advance(100);
    expect(phone.server.socket.auths.map((auth) => auth.token)).toEqual([expect.anything(), token]);
    expect([phone.tokenCalls, phone.server.sockets.length]).toEqual([1, 1]);
  });

  it('4: asks for one in place on refresh()', async () => {
    const phone = await Phone.live();
    phone.client.refresh();
    await phone.clock.advance(100);
    expect(phone.server.socket.auths.map((auth) => auth.token.slice(0, 7))).toEqual(['token-1', 'token-2']);
  });

  it('5: calls getToken once at a time, whatever happens meanwhile', async () => {
    const answers: ((token: string) => void)[] = [];
    const phone = new Phone({ getToken: () => new Promise<string>((resolve) => answers.push(resolve)) });
    phone.client.start();
    phone.client.refresh();
    phone.client.refresh();
    await phone.clock.wake();
    phone.client.start();
    expect(answers).toHaveLength(1);
    answers[0]?.(phone.server.issue());
    await phone.clock.advance(100);
    expect([phone.status, answers.length, phone.server.sockets.length]).toEqual(['live', 1, 1]);
  });

  it('5: does not use what getToken says after stop()', async () => {
    const answers: ((token: string) => void)[] = [];
    const phone = new Phone({ getToken: () => new Promise<string>((resolve) => answers.push(resolve)) });
    phone.client.start();
    phone.client.stop();
    phone.client.start();
    await phone.clock.advance(0);
    answers[0]?.('of somebody else');
    answers[1]?.(phone.server.issue());
    await phone.clock.advance(100);
    expect(phone.server.sockets.map(({ auths }) => auths[0]?.token.slice(0, 7))).toEqual(['token-1']);
  });

  it('6: survives a getToken that fails, and says so', async () => {
    const phone: Phone = new Phone({
      getToken: () => {
        if (phone.tokenCalls < 4) throw new Error('503');
        return phone.server.issue();
      },
    });
    phone.client.start();
    await phone.clock.advance(15_000);
    expect(phone.status).toBe('live');
    expect(phone.errors.map(({ message }) => message)).toEqual(Array(3).fill('503'));
  });

  it('6: stays connected where only the renewal fails', async () => {
    const phone: Phone = new Phone({
      getToken: () => {
        if (phone.tokenCalls === 2) throw new Error('503');
        return phone.server.issue(60_000);
      },
    });
    phone.client.start();
    await phone.clock.advance(59_000);
    expect([phone.status, phone.server.sockets.length, phone.tokenCalls]).toEqual(['live', 1, 3]);
  });

  it('6: gives up on a getToken that never answers, and asks again', async () => {
    const phone: Phone = new Phone({
      getToken: () => (phone.tokenCalls === 1 ? new Promise<string>(() => undefined) : phone.server.issue()),
    });
    phone.client.start();
    await phone.clock.advance(32_000);
    expect([phone.status, phone.tokenCalls]).toEqual(['live', 2]);
  });

  it('6: stops for Unauthorized alone, in the middle of a session too', async () => {
    const phone: Phone = new Phone({
      getToken: () => {
        if (phone.tokenCalls > 1) throw new Unauthorized('signed out');
        return phone.server.issue(60_000);
      },
    });
    phone.client.start();
    await phone.clock.advance(3_600_000);
    expect([phone.status, phone.tokenCalls, phone.server.open.length]).toEqual(['stopped', 2, 0]);
  });

  it('8: is idle where nobody is signed in, until somebody is', async () => {
    let isSignedIn = false;
    const phone: Phone = new Phone({ getToken: () => (isSignedIn ? phone.server.issue() : null) });
    phone.client.start();
    await phone.clock.advance(600_000);
    expect([phone.status, phone.tokenCalls, phone.errors]).toEqual(['idle', 1, []]);
    isSignedIn = true;
    phone.client.refresh();
    await phone.clock.advance(100);
    expect(phone.status).toBe('live');
  });

  it('11: sets no timer above 60 s, and checks times by the clock on waking', async () => {
    const phone = await Phone.live({ tokenMs: 24 * 3_600_000 });
    await phone.clock.advance(600_000);
    expect(Math.max(...phone.clock.timersMs)).toBeLessThanOrEqual(60_000);
    await phone.clock.sleep(23.99 * 3_600_000);
    await phone.clock.advance(100);
    expect(phone.tokenCalls).toBe(2);
  });

  it('12: comes back after close codes by their table, by their ranges where it does not know them', async () => {
    const after: Record<number, string> = {};
    for (const code of [1001, 1006, 1011, 4002, 4444, 1002, 3999, 4999]) {
      const phone = await Phone.live();
      phone.server.socket.end(code, '');
      await phone.clock.advance(3_000);
      after[code] = phone.status;
    }
    const back = { 1001: 'live', 1006: 'live', 1011: 'live', 4002: 'live', 4444: 'live' };
    expect(after).toEqual({ ...back, 1002: 'stopped', 3999: 'stopped', 4999: 'stopped' });
  });

  it('12: stays away as long as 4008 says, whoever wakes it', async () => {
    const phone = await Phone.live();
    phone.server.socket.end(4008, 'too many frames or connects: come back in seconds: 42');
    await phone.clock.advance(30_000);
    await phone.clock.wake();
    await phone.clock.advance(11_000);
    expect(phone.server.sockets).toHaveLength(1);
    await phone.clock.advance(3_000);
    expect(phone.status).toBe('live');
  });

  it('12: comes back after 4009 when somebody looks at the app again', async () => {
    const phone = await Phone.live();
    phone.server.socket.end(4009, 'replaced by a newer session of the same user');
    await phone.clock.advance(3_600_000);
    expect(phone.server.sockets).toHaveLength(1);
    await phone.clock.wake();
    await phone.clock.advance(100);
    expect(phone.status).toBe('live');
  });

  it('12: never connects in a hot loop, also where each session ends at once or something wakes it all the time', async () => {
    const phone = new Phone();
    phone.client.on('status', ({ status }) => {
      if (status === 'live') phone.server.cut();
    });
    phone.client.start();
    for (let count = 0; count < 600; count += 1) {
      await phone.clock.wake();
      await phone.clock.advance(100);
    }
    expect(phone.server.sockets.length).toBeLessThanOrEqual(61);
  });

  it('14: shows no break that is over in 1.5 s, and each that lasts', async () => {
    const phone = await Phone.live();
    phone.server.cut();
    await phone.clock.advance(1_400);
    expect([phone.status, phone.statuses, phone.server.sockets.length]).toEqual([
      'live',
      ['connecting', 'live'],
      2,
    ]);
    phone.server.mode = 'down';
    phone.server.cut();
    await phone.clock.advance(60_000);
    expect(phone.statuses.slice(0, 3)).toEqual(['connecting', 'live', 'waiting']);
  });

  it('14: keeps one frozen snapshot until something changes', async () => {
    const phone = await Phone.live();
    const snapshot = phone.client.getSnapshot();
    phone.server.publish();
    await phone.clock.advance(60_000);
    expect(phone.client.getSnapshot()).toBe(snapshot);
    expect(Object.isFrozen(snapshot)).toBe(true);
  });

  it('15: names the addresses that work from an emulator and from a phone where localhost does not', async () => {
    const phone = new Phone({ url: 'ws://localhost:8080/ws' });
    phone.server.mode = 'down';
    phone.client.start();
    await phone.clock.advance(100);
    expect(phone.errors[0]?.message).toMatch(/10\.0\.2\.2.*LAN/);
  });
});
