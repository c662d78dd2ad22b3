import { connect } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { callManagement } from '../../tools/broker/management.ts';
import type { TestVhost } from './broker.ts';
import { scaledMs, WAIT_MS } from './time.ts';

const POLL_MS = 50;

const Bindings = z.array(
  z.object({ source: z.string(), destination: z.string(), destination_type: z.string() }),
);

/**
 * By the management API: rabbitmqctl takes a second to start, and a core for that long. And by the bindings: each queue is
 * bound to the default exchange, whereas the list of queues asks each for its state, and is a 500 while one is deleted.
 */
export async function queuesIn({
  name,
  managementUrl,
}: Pick<TestVhost, 'name' | 'managementUrl'>): Promise<readonly string[]> {
  const path = `/api/bindings/${encodeURIComponent(name)}`;
  const bindings = Bindings.parse(await callManagement(managementUrl, 'GET', path));
  return bindings
    .filter(({ source, destination_type }) => source === '' && destination_type === 'queue')
    .map(({ destination }) => destination);
}

/** Until each of these queues has as many messages that no consumer has; by AMQP, which knows it at once. */
export async function untilDepths(url: string, depths: Readonly<Record<string, number>>): Promise<void> {
  const deadlineMs = performance.now() + scaledMs(WAIT_MS);
  const model = await connect(url);
  try {
    const channel = await model.createChannel();
    for (;;) {
      const found: Record<string, number> = {};
      for (const queue of Object.keys(depths)) found[queue] = (await channel.checkQueue(queue)).messageCount;
      if (isDeepStrictEqual(found, depths)) return;
      if (performance.now() > deadlineMs) throw new Error(`the queues hold ${JSON.stringify(found)}`);
      await delay(POLL_MS);
    }
  } finally {
    await model.close();
  }
}
