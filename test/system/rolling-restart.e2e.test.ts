import { describe, expect, it } from '@jest/globals';
import { createVhostForTest } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { Phone } from '../support/phone.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { TEST_KEY, worldEnv } from '../support/world.ts';
import { until } from '../support/until.ts';

const CLIENTS = 40;
const SPREAD_MS = 3_000;
const SLOW_MS = scaledMs(TEST_MS);

/** Both instances behind what a proxy would be: whoever is up takes the client. */
class Instances {
  readonly #ports: (number | undefined)[] = [];

  up(index: number, port: number): void {
    this.#ports[index] = port;
  }

  down(index: number): void {
    this.#ports[index] = undefined;
  }

  url(customer: number, cursor: string | undefined): string {
    const up = this.#ports.filter((port) => port !== undefined);
    const port = up[customer % up.length] ?? 0;
    const query = new URLSearchParams({ token: tokenFor('customer', customer), cursor: cursor ?? '' });
    return `ws://127.0.0.1:${port}/?${query.toString()}`;
  }
}

describe('a rolling restart of two delivery instances under load', () => {
  it(
    'moves every client without one lost event, and not all of them in the same second',
    async () => {
      await using vhost = await createVhostForTest();
      const env = { ...worldEnv(vhost.url), DRAIN_SPREAD_MS: String(SPREAD_MS) };
      const instances = new Instances();
      const startDelivery = async (index: number) => {
        const delivery = new ServiceProcess('delivery', env);
        const { ports } = (await delivery.said('delivery is listening')) as {
          ports: { websocket: number; health: number };
        };
        await healthUntil(ports.health, isReady);
        instances.up(index, ports.websocket);
        return delivery;
      };
      await using ingest = new ServiceProcess('ingest', env);
      const { httpPort, healthPort } = await ingest.said('ingest is listening');
      await healthUntil(Number(healthPort), isReady);
      let deliveries = [await startDelivery(0), await startDelivery(1)];

      const phones = Array.from(
        { length: CLIENTS },
        (_, n) => new Phone(n + 1, (cursor) => instances.url(n + 1, cursor)),
      );
      const running: Promise<void>[] = [];
      await Promise.all(
        phones.map((phone) => new Promise<void>((joined) => running.push(phone.run(joined)))),
      );

      const accepted = new Map<number, string[]>(phones.map(({ customer }) => [customer, []]));
      const published = new AbortController();
      const publisher = (async () => {
        for (let n = 0; !published.signal.aborted; n += 1) {
          const customer = (n % CLIENTS) + 1;
          const id = `rolling-${n}`;
          const event = appointment({ id, data: { customer_id: customer } });
          const response = await fetch(`http://127.0.0.1:${String(httpPort)}/v1/events`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
            body: JSON.stringify(event),
          });
          if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
          accepted.get(customer)?.push(id);
        }
      })();

      for (const [index, old] of deliveries.entries()) {
        instances.down(index);
        old.signal('SIGTERM');
        expect(await old.exited).toEqual({ code: 0, signal: null });
        deliveries = deliveries.with(index, await startDelivery(index));
      }
      published.abort();
      await publisher;
      for (const phone of phones) {
        const expected = accepted.get(phone.customer) ?? [];
        await until(() => expected.every((id) => phone.ids.has(id)));
        expect(expected.length).toBeGreaterThan(0);
      }

      const closes = phones.flatMap((phone) => phone.closes);
      expect(new Set(closes.map(({ code }) => code))).toEqual(new Set([1012]));
      expect(closes.length).toBeGreaterThanOrEqual(CLIENTS);
      const perSecond = new Map<number, number>();
      for (const { atMs } of closes) {
        const second = Math.floor(atMs / 1_000);
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      }
      expect(perSecond.size).toBeGreaterThanOrEqual(4);

      await Promise.all(phones.map((phone) => phone.stop()));
      await Promise.all(running);
      for (const delivery of deliveries) await delivery[Symbol.asyncDispose]();
    },
    SLOW_MS,
  );
});
