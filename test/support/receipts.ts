import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import {
  BUNDLES_TYPE,
  PushBundles,
  PUSHES_TYPE,
  PushReceiptBatch,
  ReceiptBatch,
  RECEIPTS_TYPE,
  type PushBundle,
  type PushReceipt,
  type Receipt,
  type ReceiptStage,
} from '../../shared/contract/receipt.ts';
import { RECEIPTS } from '../../shared/contract/topology.ts';
import { scaledMs, WAIT_MS } from './time.ts';

/** What became of an event at ingest stands in the same stream. */
export function receiptsIn({ properties, content }: ConsumeMessage): readonly Receipt[] {
  return properties.type === RECEIPTS_TYPE ? ReceiptBatch.parse(JSON.parse(content.toString())) : [];
}

/** Who was woken, or why not. */
export function pushesIn({ properties, content }: ConsumeMessage): readonly PushReceipt[] {
  return properties.type === PUSHES_TYPE ? PushReceiptBatch.parse(JSON.parse(content.toString())) : [];
}

/** What people are told at once. */
export function bundlesIn({ properties, content }: ConsumeMessage): readonly PushBundle[] {
  return properties.type === BUNDLES_TYPE ? PushBundles.parse(JSON.parse(content.toString())) : [];
}

/** Of every kind. */
export interface AllReceipts {
  readonly receipts: readonly Receipt[];
  readonly pushes: readonly PushReceipt[];
  readonly bundles: readonly PushBundle[];
}

/** Reads the stream of receipts from its beginning until it has what is waited for. */
export async function receiptsUntil(
  amqpUrl: string,
  holds: (kept: AllReceipts) => boolean,
): Promise<AllReceipts> {
  const kept: { receipts: Receipt[]; pushes: PushReceipt[]; bundles: PushBundle[] } = {
    receipts: [],
    pushes: [],
    bundles: [],
  };
  const model = await connect(amqpUrl);
  try {
    const channel = await model.createChannel();
    await channel.prefetch(100);
    await new Promise<void>((resolve) => {
      void channel.consume(
        RECEIPTS,
        (message) => {
          if (message === null) return;
          channel.ack(message);
          kept.receipts.push(...receiptsIn(message));
          kept.pushes.push(...pushesIn(message));
          kept.bundles.push(...bundlesIn(message));
          if (holds(kept)) resolve();
        },
        { arguments: { 'x-stream-offset': 'first' } },
      );
    });
    return kept;
  } finally {
    await model.close();
  }
}

/** Reads the stream of receipts as it grows. */
export class ReceiptReader {
  readonly batches: (readonly Receipt[])[] = [];
  #waiters: (() => void)[] = [];

  private constructor(private readonly model: ChannelModel) {}

  static async open(amqpUrl: string): Promise<ReceiptReader> {
    const model = await connect(amqpUrl);
    const reader = new ReceiptReader(model);
    const channel = await model.createChannel();
    await channel.prefetch(100);
    await channel.consume(
      RECEIPTS,
      (message) => {
        if (message === null) return;
        reader.batches.push(receiptsIn(message));
        channel.ack(message);
        for (const wake of reader.#waiters.splice(0)) wake();
      },
      { arguments: { 'x-stream-offset': 'first' } },
    );
    return reader;
  }

  /** `written provider 4`, in the order of the stream. */
  of(id: string): string[] {
    return this.batches
      .flat()
      .flatMap(([event, , role, user, stage]) => (event === id ? [`${stage} ${role} ${user}`] : []));
  }

  ids(stage: ReceiptStage): string[] {
    return this.batches.flat().flatMap(([id, , , , reached]) => (reached === stage ? [id] : []));
  }

  async until(holds: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const fail = () => reject(new Error(`the receipts are only: ${JSON.stringify(this.batches)}`));
      timer = setTimeout(fail, scaledMs(WAIT_MS));
    });
    try {
      while (!holds()) {
        await Promise.race([tooLong, new Promise<void>((resolve) => this.#waiters.push(resolve))]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model.close();
  }
}
