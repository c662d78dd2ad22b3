import { Gauge, type Registry } from 'prom-client';
import { deliveryQueueOf } from '../contract/topology.ts';
import type { BrokerState } from '../broker/broker-connection.ts';
import type { BrokerView } from '../broker/management-api.ts';
import type { QueueDepth } from '../broker/queue-depths.ts';

type Samples = Iterable<readonly [labels: Record<string, string>, value: number]>;

const OWN_QUEUE_PREFIX = deliveryQueueOf('');

/** A queue's label: the own queue has a new name at each start, which would be a new time series each time. */
export function queueLabelOf(name: string): string {
  return name.startsWith(OWN_QUEUE_PREFIX) ? 'own' : name;
}

/** What both services tell about the broker, read at each scrape. What cannot be read has no sample. */
export function registerBrokerMetrics(
  registry: Registry,
  state: () => BrokerState,
  readDepths: () => Promise<readonly QueueDepth[]>,
  readManagement: (() => Promise<BrokerView>) | undefined,
): void {
  const gauge = (name: string, help: string, labelNames: string[], read: () => Promise<Samples>) =>
    new Gauge({
      name: `roomcast_${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const samples = await read();
        this.reset();
        for (const [labels, value] of samples) this.set(labels, value);
      },
    });

  gauge('broker_state', '1 for the state that the connection to the broker is in', ['state'], () => {
    const states = ['connected', 'blocked', 'down'];
    return Promise.resolve(states.map((name) => [{ state: name }, state().state === name ? 1 : 0]));
  });
  gauge('queue_messages', 'Messages ready in a queue', ['queue'], async () =>
    (await readDepths()).map(({ name, messages }) => [{ queue: queueLabelOf(name) }, messages]),
  );
  gauge('queue_consumers', 'Consumers of a queue', ['queue'], async () =>
    (await readDepths()).map(({ name, consumers }) => [{ queue: queueLabelOf(name) }, consumers]),
  );
  if (readManagement === undefined) return;

  gauge('broker_queue_messages', 'Messages in a queue, by the management API', ['queue'], async () =>
    [...(await readManagement()).queues].map(([queue, { messages }]) => [{ queue }, messages]),
  );
  gauge('broker_queue_publish_rate', 'Messages a second into a queue', ['queue'], async () =>
    [...(await readManagement()).queues].map(([queue, { publishRate }]) => [{ queue }, publishRate]),
  );
  gauge('broker_memory_used_bytes', 'Memory that a node of the broker uses', ['node'], async () =>
    (await readManagement()).nodes.map(({ name, memoryUsedBytes }) => [{ node: name }, memoryUsedBytes]),
  );
  gauge(
    'broker_alarm',
    '1 while a node of the broker is short of memory or disk and blocks publishers',
    ['node', 'alarm'],
    async () =>
      (await readManagement()).nodes.flatMap(({ name, alarms }) =>
        Object.entries(alarms).map(([alarm, on]) => [{ node: name, alarm }, on ? 1 : 0] as const),
      ),
  );
}
