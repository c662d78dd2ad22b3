import { describe, expect, it } from '@jest/globals';
import { createVhostForTest } from '../support/broker.ts';
import { TestClient } from '../support/client.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { Operator, OPERATOR_ENV } from '../support/operator.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { tokenFor } from '../support/tokens.ts';
import { worldEnv } from '../support/world.ts';
import { until } from '../support/until.ts';

describe('an instance that stands still', () => {
  it('is named as missing in every answer, beside what the others say, until it goes on', async () => {
    await using vhost = await createVhostForTest();
    const env = worldEnv(vhost.url, { ...OPERATOR_ENV, ADMIN_ANSWER_MS: '1000' });
    await using ingest = new ServiceProcess('ingest', env);
    const { httpPort, healthPort } = await ingest.said('ingest is listening');
    await healthUntil(Number(healthPort), isReady);
    await using one = new ServiceProcess('delivery', env);
    await using two = new ServiceProcess('delivery', env);
    const join = async (delivery: ServiceProcess) => {
      const { ports, instance } = (await delivery.said('delivery is listening')) as {
        ports: { websocket: number; health: number };
        instance: string;
      };
      await healthUntil(ports.health, isReady);
      const token = tokenFor('customer', 6);
      const client = await TestClient.open(`ws://127.0.0.1:${ports.websocket}/?token=${token}`);
      await client.until({ type: 'connected' });
      return { instance, client };
    };
    const [still, going] = [await join(one), await join(two)];
    const operator = new Operator({ ingests: [{ httpPort: Number(httpPort) }] });
    const seen = async () => {
      const { sessions, missing } = await operator.sessions();
      return { of: sessions.map(({ instance }) => instance).sort(), missing };
    };
    const both = { of: [still.instance, going.instance].sort(), missing: [] };
    const without = { of: [going.instance], missing: [still.instance] };
    // A machine that is busy answers late; a stopped process does not answer at all.
    await until(async () => (await seen()).missing.length === 0);
    expect(await seen()).toEqual(both);
    one.signal('SIGSTOP');
    try {
      for (let asked = 0; asked < 2; asked += 1) expect((await seen()).missing).toContain(still.instance);
      let told = await seen();
      while (told.missing.length > 1) told = await seen();
      expect(told).toEqual(without);
    } finally {
      one.signal('SIGCONT');
    }
    await until(async () => (await seen()).missing.length === 0);
    expect(await seen()).toEqual(both);
    await Promise.all([still.client.close(), going.client.close()]);
  });
});
