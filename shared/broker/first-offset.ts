import type { ChannelModel } from 'amqplib';
import { closeChannel } from './close-channel.ts';
import type { StreamStart } from './stream-reader.ts';

const READ_MS = 10_000;

export function offsetOf({ properties }: { properties: { headers?: Record<string, unknown> | undefined } }) {
  const offset = properties.headers?.['x-stream-offset'];
  return typeof offset === 'number' ? offset : undefined;
}

/**
 * Where a stream begins now: above 0 once the broker has shortened it. Or where a consumer begins that asks for its last
 * chunk or, in seconds, for that of a time. `undefined` where nothing comes.
 */
export async function firstOffset(
  model: ChannelModel,
  stream: string,
  from: StreamStart = 'first',
): Promise<number | undefined> {
  const channel = await model.createChannel();
  // A refused consumer closes its channel, and `consume` rejects.
  channel.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  try {
    await channel.prefetch(1);
    const first = new Promise<number | undefined>((resolve, reject) => {
      timer = setTimeout(() => resolve(undefined), READ_MS);
      channel.once('close', () => resolve(undefined));
      channel
        .consume(stream, (message) => resolve(message === null ? undefined : offsetOf(message)), {
          arguments: { 'x-stream-offset': from },
        })
        .catch(reject);
    });
    return await first;
  } finally {
    clearTimeout(timer);
    await closeChannel(channel);
  }
}
