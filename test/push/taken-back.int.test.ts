import { describe, expect, it } from '@jest/globals';
import { PUSH } from '../../shared/contract/topology.ts';
import { appointment } from '../support/events.ts';
import { healthUntil } from '../support/health.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { PushWorld } from './push-world.ts';

const tomorrow = new Date(Date.now() + 86_400_000).toISOString().replace('Z', '+00:00');

describe('what the broker has given to another instance', () => {
  it('is told by that one alone, also where the first is back before it would have told it', async () => {
    await using world = await PushWorld.start({ pushes: 0, env: { PUSH_REQUEST_TIMEOUT_MS: '60000' } });
    await using link = await TcpProxy.before(world.vhost.url);
    const phone = await world.phoneOf('provider', 4);
    const first = await world.startPush({
      AMQP_URL: link.through(world.vhost.url),
      PUSH_GATHER_MS: '10000',
    });
    await healthUntil(first.healthPort, ({ body }) =>
      body.queues.some(({ name, consumers }) => name === PUSH && consumers === 1),
    );
    await world.startPush();
    const underWay = (count: number) =>
      healthUntil(first.healthPort, ({ body }) => body.stats['under_way'] === count);
    const asked: (() => void)[] = [];
    world.service.respond = async () => {
      if (asked.length === 0) await new Promise<void>((answer) => asked.push(answer));
      else asked.push(() => undefined);
      return { status: 201 };
    };
    await world.world.publish(appointment({ data: { provider_id: 4, customer_id: null, start: tomorrow } }));
    await underWay(1);
    link.cut();
    link.heal();
    await underWay(0);
    for (const answer of asked) answer();
    await phone.shows(1);
    expect(asked).toHaveLength(1);
  });
});
