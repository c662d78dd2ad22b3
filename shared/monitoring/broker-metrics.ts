import { Gauge, type Registry } from 'prom-client';
import { deliveryQueueOf } from '../contract/topology.ts';
import type { BrokerState } from '../broker/broker-connection.ts';
import type { SteadyClock } from '../service/clock.ts';
import type { ManagementApi } from '../broker/management-api.ts';
import type { QueueDepths } from '../broker/queue-depths.ts';

export interface BrokerMetricsSource {
  readonly state: () => BrokerState;
  readonly depths: QueueDepths;
  readonly management: ManagementApi | undefined;
  readonly clock: SteadyClock;
}

const OWN_QUEUE_PREFIX = deliveryQueueOf('');

/** A queue's label: the own queue has a new name at each start, which would be a new time series each time. */
export function queueLabelOf(name: string): string {
  return name.startsWith(OWN_QUEUE_PREFIX) ? 'own' : name;
}

/** What both services tell about the broker, read at each scrape. What cannot be read has no sample. */
export function registerBrokerMetrics(
  registry: Registry,
  { state, depths, management, clock }: BrokerMetricsSource,
): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (set: (labels: Record<string, string>, value: number) => void) => void | Promise<void>,
  ) =>
    new Gauge({
      name: `roomcast_${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const samples: [Record<string, string>, number][] = [];
        await read((labels, value) => samples.push([labels, value]));
        this.reset();
        for (const [labels, value] of samples) this.set(labels, value);
      },
    });

  gauge('broker_state', '1 for the state that the connection to the broker is in', ['state'], (set) => {
    for (const name of ['connected', 'blocked', 'down']) set({ state: name }, state().state === name ? 1 : 0);
  });
  gauge('queue_messages', 'Messages ready in a queue', ['queue'], async (set) => {
    for (const { name, messages } of await depths.read(clock())) set({ queue: queueLabelOf(name) }, messages);
  });
  gauge('queue_consumers', 'Consumers of a queue', ['queue'], async (set) => {
    for (const { name, consumers } of await depths.read(clock()))
      set({ queue: queueLabelOf(name) }, consumers);
  });
  if (management === undefined) return;

  const view = () => management.read(clock());
  gauge('broker_queue_messages', 'Messages in a queue, by the management API', ['queue'], async (set) => {
    for (const [queue, { messages }] of (await view()).queues) set({ queue }, messages);
  });
  gauge('broker_queue_publish_rate', 'Messages a second into a queue', ['queue'], async (set) => {
    for (const [queue, { publishRate }] of (await view()).queues) set({ queue }, publishRate);
  });
  gauge('broker_memory_used_bytes', 'Memory that a node of the broker uses', ['node'], async (set) => {
    for (const { name, memoryUsedBytes } of (await view()).nodes) set({ node: name }, memoryUsedBytes);
  });
  gauge(
    'broker_alarm',
    '1 while a node of the broker is short of memory or disk and blocks publishers',
    ['node', 'alarm'],
    async (set) => {
      for (const { name, alarms } of (await view()).nodes) {
        set({ node: name, alarm: 'memory' }, alarms.memory ? 1 : 0);
        set({ node: name, alarm: 'disk' }, alarms.disk ? 1 : 0);
      }
    },
  );
}
