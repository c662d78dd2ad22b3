import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Phone } from './support/phone.ts';

type Step = (phone: Phone) => Promise<void> | void;

/** What can happen to an app; each in the words of a counterexample. */
const steps: Readonly<Record<string, Step>> = {
  publish: (phone) => void phone.server.publish(),
  'publish another': (phone) => void phone.server.publish({ event: 'calendar.sync', data: { reason: 'x' } }),
  cut: (phone) => phone.server.cut(),
  freeze: (phone) => phone.server.freeze(),
  drain: (phone) => phone.server.drain(),
  'drain with a time': (phone) => phone.server.drain(3_000),
  down: (phone) => {
    phone.server.mode = 'down';
    phone.server.cut();
  },
  up: (phone) => {
    phone.server.mode = 'up';
  },
  sleep: (phone) => phone.clock.sleep(45_000),
  'sleep past the token': (phone) => phone.clock.sleep(200_000),
  wake: (phone) => phone.clock.wake(),
  refresh: (phone) => phone.client.refresh(),
  'too many': (phone) => {
    for (const socket of phone.server.open) socket.end(4008, 'come back in seconds: 7');
  },
  'a moment': (phone) => phone.clock.advance(4),
  'a second': (phone) => phone.clock.advance(1_000),
  'half a minute': (phone) => phone.clock.advance(30_000),
  'stop and start': (phone) => {
    phone.client.stop();
    phone.client.start();
  },
};

describe('whatever happens in whatever order', () => {
  it('the listeners see what was accepted: all of it, once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 60 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (names, randoms) => {
          const phone = await Phone.live({ tokenMs: 120_000 });
          phone.clock.random = () => Number(randoms.next().value);
          for (const name of names) await steps[name]?.(phone);
          phone.server.mode = 'up';
          await phone.clock.advance(120_000);
          expect(phone.ids).toEqual(phone.server.log.map(({ id }) => id));
          expect([phone.status, phone.server.open.length, phone.gaps]).toEqual(['live', 1, []]);
          expect(Math.max(...phone.clock.timersMs)).toBeLessThanOrEqual(60_000);
          // No hot loop: an attempt a second at most, and none for a token that was good.
          const seconds = (phone.clock.now() - Date.UTC(2026, 10, 28)) / 1_000;
          const asked = names.filter((name) => /stop|wake|refresh/.test(name)).length;
          expect(phone.server.sockets.length).toBeLessThanOrEqual(seconds * 2 + asked + 1);
        },
      ),
      { numRuns: 200 },
    );
  });
});
