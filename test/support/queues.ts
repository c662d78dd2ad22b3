import { connect } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { callManagement } from '../../tools/broker/management.ts';
import type { TestVhost } from './broker.ts';
import { scaledMs, WAIT_MS } from './time.ts';

const POLL_MS = 50;

const Queues = z.array(z.object({ name: z.string() }));

/** By the management API: rabbitmqctl takes a second to start, and a core for that long. */
export async function queuesIn({
  name,
  managementUrl,
}: Pick<TestVhost, 'name' | 'managementUrl'>): Promise<readonly string[]> {
  const path = `/api/queues/${encodeURIComponent(name)}?columns=name`;
  const queues = Queues.parse(await callManagement(managementUrl, 'GET', path));
  return queues.map((queue) => queue.name);
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
