import type { ConfirmChannel } from 'amqplib';
import { v7 as uuidv7 } from 'uuid';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { CONFIRM_KEY_HEADER, Confirms } from '../../../shared/broker/confirms.ts';
import { confirmChannel, ManagedChannel } from '../../../shared/broker/managed-channel.ts';
import { RECEIPTS_TYPE, type Receipt } from '../../../shared/contract/receipt.ts';
import { RECEIPTS } from '../../../shared/contract/topology.ts';
import type { Logger } from '../../../shared/service/logger.ts';

/** An instance that stops waits so long for the broker to take its last receipts. */
const LAST_BATCH_MS = 1_000;

interface Source {
  /** All that wait. */
  take(): readonly Receipt[];
  /** They were not published. */
  giveBack(receipts: readonly Receipt[]): void;
}

/** Publishes receipts, all that wait in one message, one message at a time. */
export class ReceiptStream {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  #confirms: Confirms | undefined;
  #sending: Promise<void> | undefined;

  constructor(
    connection: BrokerConnection,
    private readonly source: Source,
    private readonly instance: string,
    private readonly logger: Logger,
  ) {
    this.#channel = new ManagedChannel(connection, {
      name: 'receipts',
      logger,
      create: confirmChannel,
      opened: (channel) => (this.#confirms = new Confirms(channel)),
      lost: () => (this.#confirms = undefined),
    });
  }

  /** Called about once a second. */
  tick(): void {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_BATCH_MS)));
    await Promise.race([tooLong, this.#sendLast()]);
    clearTimeout(timer);
    await this.#channel.close();
  }

  async #sendLast(): Promise<void> {
    await this.#sending;
    await this.#send();
  }

  async #send(): Promise<void> {
    const confirms = this.#confirms;
    const receipts = confirms === undefined ? [] : this.source.take();
    if (confirms === undefined || receipts.length === 0) return;
    const key = uuidv7();
    const properties = { type: RECEIPTS_TYPE, appId: this.instance, headers: { [CONFIRM_KEY_HEADER]: key } };
    const body = Buffer.from(JSON.stringify(receipts));
    try {
      await confirms.publish({ exchange: '', routingKey: RECEIPTS, body, key, properties });
    } catch (error) {
      this.logger.debug({ err: error, receipts: receipts.length }, 'receipts were not published yet');
      this.source.giveBack(receipts);
    }
  }
}
