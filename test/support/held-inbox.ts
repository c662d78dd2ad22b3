import { connect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { INBOX } from '../../shared/contract/topology.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest, type TestVhost } from './broker.ts';

const POLL_MS = 25;

/** A vhost, a new one unless one is given, with our queues, whose inbox another consumer has: what comes there waits until it lets go. */
export class HeldInbox {
  private constructor(
    readonly vhost: TestVhost,
    private readonly model: ChannelModel,
    readonly channel: Channel,
    private readonly consumerTag: string,
  ) {}

  static async start(place?: TestVhost): Promise<HeldInbox> {
    const vhost = place ?? (await createVhostForTest());
    const model = await connect(vhost.url.split(',')[0] ?? '');
    await declareTopology(model, { historyMaxAge: '7D' }, createLogger('test', 'silent'));
    const channel = await model.createChannel();
    await channel.prefetch(1);
    const { consumerTag } = await channel.consume(INBOX, () => undefined);
    return new HeldInbox(vhost, model, channel, consumerTag);
  }

  async untilDepth(queue: string, depth: number): Promise<void> {
    while ((await this.channel.checkQueue(queue)).messageCount !== depth) await delay(POLL_MS);
  }

  /** To publish on beside it. */
  confirmChannel(): Promise<ConfirmChannel> {
    return this.model.createConfirmChannel();
  }

  async letGo(): Promise<void> {
    await this.channel.cancel(this.consumerTag);
    this.channel.nackAll(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.model, 'close');
    await this.model.close();
    await closed;
    await this.vhost[Symbol.asyncDispose]();
  }
}
