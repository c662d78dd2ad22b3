import type { Channel, ChannelModel } from 'amqplib';
import { EXCHANGE, queueDeclarations, type QueueDeclaration } from '../contract/topology.ts';
import { closeChannel } from './close-channel.ts';
import type { Logger } from '../service/logger.ts';

const PRECONDITION_FAILED = 406;

/** Declares exchange, queues and bindings; idempotent, so that either service may come first. */
export async function declareTopology(
  model: ChannelModel,
  { historyMaxAge }: { readonly historyMaxAge: string },
  logger: Logger,
): Promise<void> {
  await onChannel(model, (channel) => channel.assertExchange(EXCHANGE, 'topic', { durable: true }));
  for (const queue of queueDeclarations(historyMaxAge)) await declareQueue(model, queue, logger);
}

async function declareQueue(model: ChannelModel, queue: QueueDeclaration, logger: Logger): Promise<void> {
  try {
    await onChannel(model, (channel) =>
      channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments }),
    );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === PRECONDITION_FAILED)) throw error;
    // The arguments of a queue are fixed when it is made. What stands there works; it must not stop a start.
    logger.warn(
      { queue: queue.name, wanted: queue.arguments },
      'the queue exists with other arguments and keeps them: change them by a policy, or delete the queue',
    );
  }
  const { pattern } = queue;
  if (pattern !== undefined) {
    await onChannel(model, (channel) => channel.bindQueue(queue.name, EXCHANGE, pattern));
  }
}

/** A channel for one step: a refused declare closes its channel and nothing else. */
async function onChannel(model: ChannelModel, step: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await model.createChannel();
  // The rejection of `step` says the same; an error event without a listener would end the process.
  channel.on('error', () => undefined);
  await step(channel);
  await closeChannel(channel);
}
