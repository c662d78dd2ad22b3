import { connect, type ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { EXCHANGE, INBOX } from '../../shared/contract/topology.ts';
import { Probe, type Seen } from './ingest.ts';

/** Everything on the exchange of a broker that others use, from now on. */
export class ExchangeWatch {
  readonly seen: Seen[] = [];

  private constructor(
    private readonly model: ChannelModel,
    private readonly probe: Probe,
  ) {}

  static async start(url: string): Promise<ExchangeWatch> {
    const model = await connect(url);
    const channel = await model.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    const probe = new Probe(queue);
    await channel.bindQueue(queue, EXCHANGE, '#');
    await channel.consume(queue, probe.onMessage, { noAck: true });
    return new ExchangeWatch(model, probe);
  }

  /** The next event that is no companion and no mark. */
  async next(): Promise<Seen> {
    for (;;) {
      const message = await this.probe.next();
      const id: unknown = message.properties.messageId;
      if (message.properties.type === 'mark' || String(id).endsWith(':calendar')) continue;
      const seen = { message, frame: JSON.parse(message.content.toString()) as Seen['frame'] };
      this.seen.push(seen);
      return seen;
    }
  }

  async until(holds: (seen: Seen) => boolean): Promise<Seen> {
    for (;;) {
      const seen = await this.next();
      if (holds(seen)) return seen;
    }
  }

  /** Puts messages into the inbox all at once, as a backend that publishes them itself. */
  async backlog(bodies: readonly unknown[]): Promise<void> {
    const channel = await this.model.createConfirmChannel();
    for (const body of bodies) channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(body)));
    await channel.waitForConfirms();
    await channel.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.model, 'close');
    await this.model.close();
    await gone;
  }
}
