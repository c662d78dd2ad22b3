import type { Channel } from 'amqplib';

/**
 * Closes a channel that may be closed or closing already; resolves when it is gone. amqplib's own `close` never
 * settles when the connection ends before the broker has answered; the event 'close' comes in every case.
 */
export async function closeChannel(channel: Channel): Promise<void> {
  const gone = new Promise<void>((resolve) => channel.once('close', () => resolve()));
  try {
    await Promise.race([channel.close(), gone]);
  } catch {
    // It was closed: that is what we want of it.
  }
}
