import { expect, it } from '@jest/globals';
import { PushWriter } from '../../services/push/broker/push-writer.ts';
import { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { wallClock } from '../../shared/service/clock.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { receiptsUntil } from '../support/receipts.ts';
import { jane } from './waker-world.ts';
import { waitingEvent } from './waiting-events.ts';

it('whom push told while it could not be written down is written once the broker is back, though nothing else is', async () => {
  const logger = createLogger('test', 'silent');
  await using vhost = await createVhostForTest();
  const setup = (model: Parameters<typeof declareTopology>[0]) =>
    declareTopology(model, { historyMaxAge: '1h' }, logger);
  const connection = new BrokerConnection({ url: vhost.url, name: 'test', logger, setup });
  const writer = new PushWriter(connection, { instance: 'push-1', wall: wallClock, logger });
  writer.add({ event: waitingEvent(1), person: jane, stage: 'pushed', how: 'webpush' });
  await expect(writer.flush()).rejects.toThrow('no channel to publish on');
  await connection.firstConnected;
  const { pushes } = await receiptsUntil(vhost.url, (kept) => kept.pushes.length > 0);
  expect(pushes.map(([id, , role, user, stage]) => [id, role, user, stage])).toEqual([
    ['event-1', jane.role, jane.userId, 'pushed'],
  ]);
  await writer.close();
  await connection.close();
});
