import type { ChannelModel } from 'amqplib';
import type { Duplex } from 'node:stream';

/**
 * Ends a connection without asking the broker, which may not answer; amqplib then sees a lost socket, and recovers. Its
 * types leave the socket out.
 */
export function abortConnection(model: ChannelModel, reason: Error): void {
  const { stream } = model.connection as ChannelModel['connection'] & { readonly stream: Duplex };
  stream.destroy(reason);
}
