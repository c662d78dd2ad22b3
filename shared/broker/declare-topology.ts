import type { Channel, ChannelModel } from 'amqplib';
import {
  EXCHANGE,
  queueDeclarations,
  type HistoryLimits,
  type QueueDeclaration,
} from '../contract/topology.ts';
import { closeChannel } from './close-channel.ts';
import type { Logger } from '../service/logger.ts';

const PRECONDITION_FAILED = 406;

const INEQUIVALENT = /inequivalent arg '(.+?)' .*?: (received .*? but current is [^"]*)/;

/** Queues that exist with other arguments than ours, and what the broker says of the first that differs. */
export type DifferingQueues = Map<string, string>;

interface DeclareOptions extends HistoryLimits {
  /** Kept as it was found last. */
  readonly differing?: DifferingQueues;
  /** Of what is off by default. */
  readonly also?: readonly QueueDeclaration[];
}

/** Declares exchange, queues and bindings; idempotent, so that either service may come first. */
export async function declareTopology(
  model: ChannelModel,
  { differing = new Map(), also = [], ...limits }: DeclareOptions,
  logger: Logger,
): Promise<void> {
  await onChannel(model, (channel) => channel.assertExchange(EXCHANGE, 'topic', { durable: true }));
  for (const queue of [...queueDeclarations(limits), ...also]) {
    const difference = await declareQueue(model, queue, logger);
    if (difference === undefined) differing.delete(queue.name);
    else differing.set(queue.name, difference);
  }
}

/** Resolves to how the queue differs, where it exists with other arguments. */
async function declareQueue(
  model: ChannelModel,
  queue: QueueDeclaration,
  logger: Logger,
): Promise<string | undefined> {
  let difference: string | undefined;
  try {
    await onChannel(model, (channel) =>
      channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments }),
    );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === PRECONDITION_FAILED)) throw error;
    difference = differenceIn(error.message);
    // The arguments of a queue are fixed when it is made. What stands there works; it must not stop a start.
    logger.warn(
      { queue: queue.name, wanted: queue.arguments, difference },
      'the queue exists with other arguments and keeps them: change them by a policy, or delete the queue',
    );
  }
  for (const pattern of queue.patterns ?? []) {
    await onChannel(model, (channel) => channel.bindQueue(queue.name, EXCHANGE, pattern));
  }
  return difference;
}

/** In the broker's words: `x-max-age: received the value '1D' of type 'longstr' but current is …`. */
function differenceIn(message: string): string {
  const [, argument = '', values = ''] = INEQUIVALENT.exec(message) ?? [];
  return argument === '' ? message : `${argument}: ${values}`;
}

/** A channel for one step: a refused declare closes its channel and nothing else. */
async function onChannel(model: ChannelModel, step: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await model.createChannel();
  // The rejection of `step` says the same; an error event without a listener would end the process.
  channel.on('error', () => undefined);
  await step(channel);
  await closeChannel(channel);
}
