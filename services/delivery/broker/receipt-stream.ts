import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { QueueWriter } from '../../../shared/broker/queue-writer.ts';
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
  readonly #writer: QueueWriter;
  #sending: Promise<void> | undefined;

  constructor(
    connection: BrokerConnection,
    private readonly source: Source,
    private readonly instance: string,
    private readonly logger: Logger,
  ) {
    this.#writer = new QueueWriter(connection, { name: 'receipts', logger });
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
    await this.#writer.close();
  }

  async #sendLast(): Promise<void> {
    await this.#sending;
    await this.#send();
  }

  async #send(): Promise<void> {
    const receipts = this.#writer.isOpen ? this.source.take() : [];
    if (receipts.length === 0) return;
    const body = Buffer.from(JSON.stringify(receipts));
    try {
      await this.#writer.write(RECEIPTS, body, { type: RECEIPTS_TYPE, appId: this.instance });
    } catch (error) {
      this.logger.debug({ err: error, receipts: receipts.length }, 'receipts were not published yet');
      this.source.giveBack(receipts);
    }
  }
}
