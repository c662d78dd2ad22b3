import { expect, it } from '@jest/globals';
import { watchApp } from '../../client/src/react-native.ts';
import { Phone } from './support/phone.ts';

/** AppState and NetInfo as `react-native` and its community have them. */
class FakeApp {
  readonly #onState = new Set<(state: string) => void>();
  readonly #onNet = new Set<(state: { isConnected: boolean | null }) => void>();

  readonly AppState = {
    addEventListener: (_type: 'change', listener: (state: string) => void) => {
      this.#onState.add(listener);
      return { remove: () => void this.#onState.delete(listener) };
    },
  };
  readonly NetInfo = {
    addEventListener: (listener: (state: { isConnected: boolean | null }) => void) => {
      this.#onNet.add(listener);
      listener({ isConnected: null });
      return () => void this.#onNet.delete(listener);
    },
  };

  state(state: string): void {
    for (const listener of this.#onState) listener(state);
  }

  net(isConnected: boolean | null): void {
    for (const listener of this.#onNet) listener({ isConnected });
  }

  get listeners(): number {
    return this.#onState.size + this.#onNet.size;
  }
}

it('finds a connection that died in the background when the app is in front again', async () => {
  const phone = await Phone.live();
  const app = new FakeApp();
  watchApp(phone.client, app);
  app.state('background');
  phone.server.freeze();
  await phone.clock.sleep(300_000);
  app.state('active');
  await phone.clock.advance(2_100);
  expect([phone.status, phone.server.sockets.length]).toEqual(['live', 2]);
});

it('comes back at once when the network does, and not for news that are none', async () => {
  const phone = await Phone.live();
  const app = new FakeApp();
  watchApp(phone.client, app);
  phone.server.mode = 'down';
  phone.server.cut();
  await phone.clock.advance(60_000);
  app.net(false);
  app.net(null);
  phone.server.mode = 'up';
  app.net(true);
  await phone.clock.advance(1_100);
  expect(phone.status).toBe('live');
  const { received } = phone.server.socket;
  app.net(true);
  await phone.clock.advance(100);
  expect(received.filter(({ action }) => action === 'ping')).toEqual([]);
});

it('works without NetInfo, and leaves nothing behind', () => {
  const app = new FakeApp();
  const { client } = new Phone();
  const ends = [watchApp(client, app), watchApp(client, { AppState: app.AppState })];
  expect(app.listeners).toBe(3);
  for (const end of ends) end();
  expect(app.listeners).toBe(0);
});
