import { describe, expect, it } from '@jest/globals';
import { brokerCtl } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { ExchangeWatch } from '../support/exchange-watch.ts';
import { healthUntil } from '../support/health.ts';
import { World } from '../support/world.ts';

async function instanceAt(healthPort: number): Promise<string> {
  const { body } = await healthUntil(healthPort, ({ code }) => code === 200);
  return (body as unknown as { instance: string }).instance;
}

describe('an instance', () => {
  it('has one name in its health, its log, its connections and what it publishes', async () => {
    const log: string[] = [];
    await using world = await World.start({ log });
    await using watch = await ExchangeWatch.start(world.amqpUrl);
    const ingest = await instanceAt(world.ingests[0]?.healthPort ?? 0);
    const delivery = await instanceAt(world.healthPort());
    expect(ingest).not.toBe(delivery);

    const connections = await brokerCtl(['list_connections', 'client_properties']);
    for (const name of [
      `roomcast ingest ${ingest} publisher`,
      `roomcast ingest ${ingest} inbox`,
      `roomcast delivery ${delivery} marks`,
      `roomcast delivery ${delivery} consumer`,
    ]) {
      expect(connections).toContain(name);
    }

    await world.publish(appointment());
    expect((await watch.next()).message.properties.appId).toBe(ingest);
    const names = log.map((line) => (JSON.parse(line) as { instance?: string }).instance);
    expect(new Set(names)).toEqual(new Set([ingest, delivery]));
  });
});
