import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { INBOX } from '../../shared/contract/topology.ts';
import type { Fact } from './ledger.ts';
import type { Entrance } from './publisher.ts';

const ANSWER_MS = 12_000;
const CONNECT_MS = 5_000;

/** `POST /v1/events`, alternating between the instances. */
export class HttpEntrance implements Entrance {
  readonly kind = 'http';
  #turn: number;

  constructor(
    private readonly ports: readonly number[],
    private readonly key: string,
    firstTurn: number,
    /** Told of every answer that is neither a success nor a wish to be asked again. */
    private readonly onOddAnswer: (answer: string) => void,
  ) {
    this.#turn = firstTurn;
  }

  async offer({ id }: Pick<Fact, 'id'>, body: object): Promise<boolean> {
    this.#turn += 1;
    const port = this.ports[this.#turn % this.ports.length] ?? 0;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const text = await response.text();
      if (response.status !== 202 && response.status !== 503) {
        this.onOddAnswer(`${id}: ${response.status} ${text.slice(0, 200)}`);
      }
      return response.status === 202;
    } catch {
      // Refused, reset, timed out: whether it was taken is not known.
      return false;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The inbox, by a confirm channel; any trouble costs the connection, and the next try opens a new one. */
export class InboxEntrance implements Entrance {
  readonly kind = 'inbox';
  #model: ChannelModel | undefined;
  #channel: ConfirmChannel | undefined;
  #turn = 0;

  constructor(private readonly urls: readonly string[]) {}

  async offer(_fact: unknown, body: object): Promise<boolean> {
    try {
      const channel = this.#channel ?? (await this.#open());
      const { id, ...rest } = body as { id: string };
      return await confirmed(channel, Buffer.from(JSON.stringify(rest)), id);
    } catch {
      await this.close();
      return false;
    }
  }

  async close(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    this.#channel = undefined;
    try {
      await Promise.race([model?.close(), new Promise((resolve) => setTimeout(resolve, 500))]);
    } catch {
      // It was closed already, which is why we are here.
    }
  }

  async #open(): Promise<ConfirmChannel> {
    this.#turn += 1;
    const url = this.urls[this.#turn % this.urls.length] ?? '';
    const model = await connect(`${url}?heartbeat=4`, { timeout: CONNECT_MS });
    model.on('error', () => undefined);
    const channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
    channel.on('close', () => (this.#channel = undefined));
    this.#model = model;
    this.#channel = channel;
    return channel;
  }
}

function confirmed(channel: ConfirmChannel, content: Buffer, messageId: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let returned = false;
    const onReturn = () => (returned = true);
    const fail = (why: string) => {
      forget();
      reject(new Error(why));
    };
    const lost = () => fail('the channel closed');
    const timer = setTimeout(() => fail('no confirm in time'), ANSWER_MS);
    const forget = () => {
      clearTimeout(timer);
      channel.off('return', onReturn).off('close', lost);
    };
    channel.on('return', onReturn).once('close', lost);
    channel.sendToQueue(
      INBOX,
      content,
      { messageId, persistent: true, mandatory: true },
      (error: unknown) => {
        forget();
        if (error === null) resolve(!returned);
        else reject(new Error('the broker refused', { cause: error }));
      },
    );
  });
}
