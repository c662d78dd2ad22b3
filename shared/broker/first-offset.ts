import type { Channel, ChannelModel } from 'amqplib';
import { closeChannel } from './close-channel.ts';
import type { StreamStart } from './stream-reader.ts';

/** For the channel, its prefetch and the first message together. */
const READ_MS = 10_000;

export function offsetOf({ properties }: { properties: { headers?: Record<string, unknown> | undefined } }) {
  const offset = properties.headers?.['x-stream-offset'];
  return typeof offset === 'number' ? offset : undefined;
}

/**
 * Where a stream begins now: above 0 once the broker has shortened it. Or where a consumer begins that asks for its last
 * chunk or, in seconds, for that of a time. `undefined` where nothing comes, or the broker answers nothing.
 */
export async function firstOffset(
  model: ChannelModel,
  stream: string,
  from: StreamStart = 'first',
): Promise<number | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, READ_MS, undefined).unref());
  const opening = model.createChannel();
  try {
    return await Promise.race([late, opening.then((channel) => readFirst(channel, stream, from))]);
  } finally {
    // A broker that answers nothing would not answer this either.
    void opening.then(closeChannel, () => undefined);
  }
}

async function readFirst(channel: Channel, stream: string, from: StreamStart): Promise<number | undefined> {
  // A refused consumer closes its channel, and `consume` rejects.
  channel.on('error', () => undefined);
  const closed = new Promise<undefined>((resolve) => channel.once('close', () => resolve(undefined)));
  const isOpen = await Promise.race([channel.prefetch(1).then(() => true), closed]);
  if (isOpen === undefined) return undefined;
  const first = new Promise<number | undefined>((resolve, reject) => {
    channel
      .consume(stream, (message) => resolve(message === null ? undefined : offsetOf(message)), {
        arguments: { 'x-stream-offset': from },
      })
      .catch(reject);
  });
  return await Promise.race([first, closed]);
}
