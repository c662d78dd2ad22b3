import type { ConfirmChannel, Options } from 'amqplib';
import { AppError } from '../contract/errors.ts';

/**
 * A message and where it goes. `key` is unique among those in flight, and a return names the message by it: it stands in the
 * header `CONFIRM_KEY_HEADER`, or is the message's cursor.
 */
export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly key: string;
  readonly properties: Options.Publish;
}

/** Names a message in flight that has no cursor. */
export const CONFIRM_KEY_HEADER = 'x-rejected-id';

/**
 * What became of a message that was sent once.
 *
 * - `confirmed`: every queue that is bound for it has it.
 * - `returned`: confirmed, and no queue is bound for it.
 * - `refused`: a nack. One of its queues does not have it; the others may.
 * - `lost`: the channel ended first. The broker may have it.
 */
export type Outcome = 'confirmed' | 'returned' | 'refused' | 'lost';

/** The confirms of one channel. Every message is persistent, and mandatory: the broker returns what it has no queue for. */
export class Confirms {
  readonly #returned = new Set<string>();
  #nacking = false;

  constructor(private readonly channel: ConfirmChannel) {
    // Around amqplib's own listener, which calls the callbacks of the messages: so they know a nack from a loss.
    channel.prependListener('nack', () => (this.#nacking = true));
    channel.on('nack', () => (this.#nacking = false));
    channel.on('return', ({ properties: { headers } }) => {
      const key: unknown = headers?.[CONFIRM_KEY_HEADER] ?? headers?.['cursor'];
      if (typeof key === 'string') this.#returned.add(key);
    });
  }

  /** Calls back once, in the order of the broker's answers. Throws when the message cannot be encoded. */
  send(message: OutgoingMessage, onOutcome: (outcome: Outcome, cause?: unknown) => void): void {
    const { exchange, routingKey, body, key, properties } = message;
    const options = { ...properties, mandatory: true, persistent: true };
    try {
      this.channel.publish(exchange, routingKey, body, options, (cause: unknown) => {
        if (cause !== null) onOutcome(this.#nacking ? 'refused' : 'lost', cause);
        // The return comes before the confirm of the same message.
        else onOutcome(this.#returned.delete(key) ? 'returned' : 'confirmed');
      });
    } catch (cause) {
      if (!isClosing(cause)) throw cause;
      onOutcome('lost', cause);
    }
  }

  /** One try, for what must not go twice, or whose caller tries again; resolves once the broker has it. */
  async publish(message: OutgoingMessage): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.send(message, (outcome, cause) => {
        if (outcome === 'confirmed') resolve();
        else if (outcome === 'returned') reject(nowhere(message));
        else reject(new AppError('broker_unavailable', 'the broker did not take a message', { cause }));
      });
    });
  }
}

/** Confirmed, and in no queue. */
export function nowhere({ exchange, routingKey }: OutgoingMessage): AppError {
  const name = exchange === '' ? 'the default exchange' : exchange;
  return new AppError('broken_topology', `no queue is bound to ${name} for ${routingKey}`);
}

/** What else amqplib throws says that the message cannot be encoded. */
function isClosing(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'IllegalOperationError';
}
