import type { Channel, ConsumeMessage, Options } from 'amqplib';
import { EventEmitter } from 'node:events';

type OnMessage = (message: ConsumeMessage | null) => void;
export type MessageParts = Partial<Pick<ConsumeMessage, 'content'>> & { readonly properties?: object };

/** A channel whose broker is the test: it notes each request and brings the frames that the test lets it bring. */
export class ScriptedChannel extends EventEmitter {
  /** Requests in their order, with what they asked for. */
  readonly requests: (readonly unknown[])[] = [];
  #onMessage: OnMessage | undefined;
  #deliveryTag = 0;

  prefetch(count: number): Promise<unknown> {
    this.requests.push(['prefetch', count]);
    return Promise.resolve();
  }

  consume(queue: string, onMessage: OnMessage, options?: Options.Consume): Promise<unknown> {
    this.requests.push(['consume', queue, options?.arguments]);
    this.#onMessage = onMessage;
    return Promise.resolve({ consumerTag: 'scripted' });
  }

  ack({ fields }: ConsumeMessage, allUpTo = false): void {
    this.requests.push(['ack', fields.deliveryTag, allUpTo]);
  }

  close(): Promise<void> {
    this.requests.push(['close']);
    this.emit('close');
    return Promise.resolve();
  }

  bring({ properties = {}, content = Buffer.alloc(0) }: MessageParts = {}): void {
    this.#deliveryTag += 1;
    const fields = { deliveryTag: this.#deliveryTag, redelivered: false };
    this.#onMessage?.({ fields, properties, content } as ConsumeMessage);
  }

  bringMany(count: number, parts?: MessageParts): void {
    for (let message = 0; message < count; message += 1) this.bring(parts);
  }

  /** Tells the consumer that its stream is gone. */
  cancel(): void {
    this.#onMessage?.(null);
  }

  /** Closes it as the broker does that objects to something. */
  refuse(reason: string): void {
    this.emit('error', new Error(reason));
    this.emit('close');
  }

  get acks(): readonly unknown[] {
    return this.requests.filter(([request]) => request === 'ack');
  }

  /** For what takes a channel of amqplib. */
  get channel(): Channel {
    return this as unknown as Channel;
  }
}
