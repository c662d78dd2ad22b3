import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../../tools/broker/broker.ts';
import type { Act, FaultContext } from './act.ts';
import type { queueFaults } from './schedule.ts';

const OWN_QUEUE = /^appointments\.delivery\.(?!.*\.dropped$)/;
const POLICY = 'by an operator';
/** Far less than what comes during a pause. */
const LIMITS = [{ 'max-length': 20 }, { 'max-length-bytes': 10_000 }, { 'message-ttl': 500 }];

/** What an operator of the broker does to queues that are none of his. Each finds messages that wait, since a delivery is paused. */
export const queueActs: Readonly<Record<(typeof queueFaults)[number], Act>> = {
  'operator policy': async (fault, context) => {
    const limit = LIMITS[Math.min(LIMITS.length - 1, Math.floor(fault.amount * LIMITS.length))];
    const put = ['set_operator_policy', POLICY, '^appointments\\.delivery\\.', JSON.stringify(limit)];
    await onBroker(context, [...put, '--apply-to', 'queues']);
    await whilePaused(fault, context, () => delay(fault.lastsMs));
    await onBroker(context, ['clear_operator_policy', POLICY]);
  },
  'purge by hand': (fault, context) =>
    whilePaused(fault, context, async () => {
      await delay(fault.lastsMs);
      for (const queue of await ownQueues(context)) await onQueue(context, 'purge_queue', queue);
    }),
  'queue deleted by hand': (fault, context) =>
    whilePaused(fault, context, async () => {
      await delay(fault.lastsMs);
      const queues = await ownQueues(context);
      const queue = queues[fault.target % queues.length];
      if (queue !== undefined) await onQueue(context, 'delete_queue', queue);
    }),
};

async function whilePaused(
  { target }: { target: number },
  { system }: FaultContext,
  act: () => Promise<unknown>,
): Promise<void> {
  const deliveries = system.of('delivery');
  const process = deliveries[target % deliveries.length]?.process;
  process?.pause();
  try {
    await act();
  } finally {
    process?.continue();
  }
}

async function ownQueues(context: FaultContext): Promise<readonly string[]> {
  const listed = await onBroker(context, ['-q', 'list_queues', 'name', '--no-table-headers']);
  return listed.split('\n').filter((name) => OWN_QUEUE.test(name));
}

/** A queue may go by itself once it is listed: its delivery is killed, or starts over with a new one. */
async function onQueue(
  context: FaultContext,
  act: 'purge_queue' | 'delete_queue',
  queue: string,
): Promise<void> {
  try {
    await onBroker(context, [act, queue]);
  } catch (error) {
    if (!(error instanceof BrokerError) || !/not.found/i.test(error.message)) throw error;
  }
}

/** By whichever node answers: another fault may hold one down. */
async function onBroker({ system }: FaultContext, args: readonly string[]): Promise<string> {
  let failure: unknown;
  for (const node of system.broker.nodes) {
    try {
      return await node.ctl(args);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
