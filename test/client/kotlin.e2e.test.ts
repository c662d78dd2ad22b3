import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { readHealth } from '../support/health.ts';
import { ReceiptReader } from '../support/receipts.ts';
import { skippedFor } from '../support/skipped.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';
import { findKotlin, KotlinProgram } from './support/kotlin.ts';

const CUSTOMER = 6;
const token = () => tokenFor('customer', CUSTOMER);
const appointment = (number: number) => ({
  event: 'appointment.created',
  data: { id: number, provider_id: 4, customer_id: CUSTOMER },
  id: `booking-${number}`,
});
const connectionsOf = async (world: World) =>
  (await readHealth(world.healthPort())).body.stats['total_connections'];

const found = await findKotlin();
const obstacle = 'missing' in found ? found.missing : undefined;

(obstacle === undefined ? describe : describe.skip)(
  `the Kotlin client of docs/clients.md${skippedFor(obstacle)}`,
  () => {
    let program: KotlinProgram;
    beforeAll(async () => {
      if (!('missing' in found)) program = await KotlinProgram.compile(found);
    });
    afterAll(() => program[Symbol.dispose]());

    it('gives on each event once and in order over a cut link and an instance that goes away', async () => {
      await using world = await World.start();
      const target = { host: '127.0.0.1', port: Number(world.host().split(':')[1]) };
      await using proxy = await TcpProxy.start(target);
      await using app = program.start(`ws://127.0.0.1:${proxy.port}/ws`, token);
      await app.until('cursor');

      await world.publish(appointment(1));
      await app.until('event booking-1');
      proxy.cut();
      await world.publish(appointment(2));
      proxy.heal();
      await app.until('event booking-2');

      const config = readConfig(worldEnv(world.amqpUrl));
      const next = await startDelivery(config, { logger: createLogger('test', 'silent') });
      try {
        target.port = next.webSocketPort;
        await world.publish(appointment(3));
        await world.deliveries[0]?.stop();
        await world.publish(appointment(4));
        await app.until('event booking-4');
        expect(app.events).toEqual([1, 2, 3, 4].map((number) => `event booking-${number}`));
        expect(app.did).not.toContain('reload');
      } finally {
        await next.stop();
      }
    });

    it('what it has read is known to be delivered', async () => {
      await using world = await World.start();
      await using receipts = await ReceiptReader.open(world.amqpUrl);
      await using app = program.start(world.webSocketUrl(), token);
      await app.until('cursor');
      await world.publish(appointment(1));
      await app.until('event booking-1');
      await receipts.until(() => receipts.of('booking-1').includes('delivered customer 6'));
      expect(receipts.of('booking-1')).toEqual(['written customer 6', 'delivered customer 6']);
    });

    it('asks for a new token where its own has expired', async () => {
      await using world = await World.start();
      const tokens = [tokenFor('customer', CUSTOMER, { ttlSeconds: -60 }), token()];
      await using app = program.start(world.webSocketUrl(), () => tokens.shift() ?? '');
      await app.until('cursor');
      expect(app.did).toEqual(['token', 'token', 'cursor']);
    });

    it('renews a token in place before it expires', async () => {
      await using world = await World.start();
      await using app = program.start(world.webSocketUrl(), () =>
        tokenFor('customer', CUSTOMER, { ttlSeconds: 10 }),
      );
      await app.until('cursor');
      await app.until('token', 2);
      await world.publish(appointment(1));
      await app.until('event booking-1');
      expect(await connectionsOf(world)).toBe(1);
    });

    it('reloads where the history does not go back to its cursor', async () => {
      await using world = await World.start();
      await using app = program.start(world.webSocketUrl(), token, 'of another system');
      await app.until('reload');
      await world.publish(appointment(1));
      await app.until('event booking-1');
      expect(app.events).toEqual(['event booking-1']);
    });
  },
);
