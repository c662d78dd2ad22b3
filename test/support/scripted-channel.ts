import type { ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import { EventEmitter } from 'node:events';
import type { BrokerConnection, BrokerState } from '../../shared/broker/broker-connection.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import { encodeHeaders } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';

type OnMessage = (message: ConsumeMessage | null) => void;
export type MessageParts = Partial<Pick<ConsumeMessage, 'content'>> & { readonly properties?: object };

/** A message as the broker delivers it. */
export function deliveryOf(
  { properties = {}, content = Buffer.alloc(0) }: MessageParts,
  deliveryTag: number,
): ConsumeMessage {
  return { fields: { deliveryTag, redelivered: false }, properties, content } as ConsumeMessage;
}

/** An entry of the history, as a queue or the stream brings it. */
export function entryOf(cursor: Cursor, type = 'appointment.created', rooms: readonly Address[] = []) {
  return { properties: { messageId: cursor, type, appId: 'ingest', headers: encodeHeaders(cursor, rooms) } };
}

/** A message of a stream. */
export function atOffset(offset: number): MessageParts {
  return { properties: { headers: { 'x-stream-offset': offset } } };
}

interface Published {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly options: Options.Publish;
  settled: boolean;
  readonly onConfirm: (cause: Error | null) => void;
}

/** A channel whose broker is the test: it notes each request and brings the frames that the test lets it bring. */
export class ScriptedChannel extends EventEmitter {
  /** Requests in their order, with what they asked for. */
  readonly requests: (readonly unknown[])[] = [];
  #onMessage: OnMessage | undefined;
  #deliveryTag = 0;
  isClosed = false;
  /** What was published here, in order; settled ones too. */
  readonly published: Published[] = [];

  constructor() {
    super();
    // As amqplib does it: the callbacks are called by listeners that were there first.
    const callBack = (cause: Error | null) => (one: Published) => one.onConfirm(cause);
    this.on('ack', callBack(null));
    this.on('nack', callBack(new Error('message nacked')));
    this.on('close', () => {
      this.isClosed = true;
      for (const one of this.published.filter(({ settled }) => !settled)) one.onConfirm(new Error('closed'));
    });
  }

  publish(
    exchange: string,
    routingKey: string,
    body: Buffer,
    options: Options.Publish,
    callback: (cause: Error | null) => void,
  ): boolean {
    if (this.isClosed) throw Object.assign(new Error('Channel closed'), { name: 'IllegalOperationError' });
    this.requests.push(['publish', exchange, routingKey]);
    const one: Published = {
      exchange,
      routingKey,
      body,
      options,
      settled: false,
      onConfirm(cause) {
        one.settled = true;
        callback(cause);
      },
    };
    this.published.push(one);
    return true;
  }

  /** Confirms the oldest message that waits for it, or one by its place. */
  confirmPublished(index = this.#oldest): void {
    this.emit('ack', this.published[index]);
  }

  nackPublished(index = this.#oldest): void {
    this.emit('nack', this.published[index]);
  }

  /** The broker finds no queue for the oldest message; its confirm is to follow. */
  returnPublished(index = this.#oldest): void {
    const one = this.published[index];
    if (one === undefined) throw new Error('nothing was published');
    const { exchange, routingKey, options, body } = one;
    const fields = { exchange, routingKey, replyCode: 312, replyText: 'NO_ROUTE' };
    this.emit('return', { fields, properties: { ...options }, content: body });
  }

  get #oldest(): number {
    return this.published.findIndex(({ settled }) => !settled);
  }

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

  reject({ fields }: ConsumeMessage, requeue: boolean): void {
    this.requests.push(['reject', fields.deliveryTag, requeue]);
  }

  checkQueue(queue: string): Promise<unknown> {
    this.requests.push(['checkQueue', queue]);
    return Promise.resolve({ messageCount: 0, consumerCount: 1 });
  }

  close(): Promise<void> {
    this.requests.push(['close']);
    this.emit('close');
    return Promise.resolve();
  }

  bring(parts: MessageParts = {}): void {
    this.#deliveryTag += 1;
    this.#onMessage?.(deliveryOf(parts, this.#deliveryTag));
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
  get channel(): ConfirmChannel {
    return this as unknown as ConfirmChannel;
  }
}

/** A connection whose channels are scripted. */
export class ScriptedConnection extends EventEmitter {
  /** In the order in which they were opened. */
  readonly channels: ScriptedChannel[] = [];
  state: BrokerState = { state: 'connected' };
  model: object | undefined = this.#newModel();

  /** The newest channel. */
  get broker(): ScriptedChannel {
    const newest = this.channels.at(-1);
    if (newest === undefined) throw new Error('no channel was opened');
    return newest;
  }

  /** Is lost with its channels, and comes back at once with new ones. */
  reconnect(): void {
    this.lose();
    this.model = this.#newModel();
    this.become({ state: 'connected' });
    this.emit('up', this.model);
  }

  lose(): void {
    this.model = undefined;
    this.become({ state: 'down', reason: 'lost' });
    for (const channel of this.channels) if (!channel.isClosed) channel.emit('close');
  }

  become(state: BrokerState): void {
    this.state = state;
    this.emit('state', state);
  }

  /** For what takes a connection of ours. */
  get connection(): BrokerConnection {
    return this as unknown as BrokerConnection;
  }

  #newModel(): object {
    const open = () => {
      const channel = new ScriptedChannel();
      this.channels.push(channel);
      return Promise.resolve(channel.channel);
    };
    return { createChannel: open, createConfirmChannel: open };
  }
}
