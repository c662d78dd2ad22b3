import type { Channel, ConsumeMessage } from 'amqplib';
import type { PrefetchWindow } from './prefetch-window.ts';

const EVERY_MS = 20;
/** So much of the prefetch is acknowledged within the turn of the event loop that took it. */
const SHARE = 1 / 16;

/** Acknowledges all messages of a moment together: each acknowledgement is a call to the kernel, and work for the broker. */
export class Acks {
  readonly #most: number;
  #newest: ConsumeMessage | undefined;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly channel: Pick<Channel, 'ack'>,
    private readonly window: Pick<PrefetchWindow, 'acknowledged'>,
    prefetch: number,
  ) {
    this.#most = Math.ceil(prefetch * SHARE);
  }

  /** In the order in which they came. */
  add(message: ConsumeMessage): void {
    this.#newest = message;
    this.#count += 1;
    this.#timer ??= setTimeout(this.#send, EVERY_MS).unref();
    if (this.#count === this.#most) setImmediate(this.#send);
  }

  readonly #send = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#count = 0;
    const newest = this.#newest;
    this.#newest = undefined;
    if (newest === undefined) return;
    try {
      this.channel.ack(newest, true);
      this.window.acknowledged(newest.fields.deliveryTag);
    } catch {
      // The channel has closed, and nobody consumes its queue any more: nothing is left to acknowledge.
    }
  };
}
