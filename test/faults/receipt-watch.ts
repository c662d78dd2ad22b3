import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { SEGMENT_OFFSETS } from '../../shared/broker/stream-reader.ts';
import type { PushBundle, PushReceipt, Receipt, ReceiptStage } from '../../shared/contract/receipt.ts';
import { RECEIPTS } from '../../shared/contract/topology.ts';
import { bundlesIn, pushesIn, receiptsIn } from '../support/receipts.ts';
import type { Client } from './client.ts';
import type { Finding } from './finding.ts';
import type { Ledger } from './ledger.ts';
import type { PersonalReceipts } from './push-checker.ts';
import { ReceiptsOfOne } from './receipts-of-one.ts';

const AGAIN_MS = 250;
const PREFETCH = 100;

/**
 * Reads the receipts while they come, over every failure of the broker, and looks at each whether a device of its person has the
 * event by then: a device that has read it noted that before its answer could go out.
 */
export class ReceiptWatch {
  readonly counts: Record<ReceiptStage, number> = { written: 0, delivered: 0, seen: 0 };
  readonly falselyDelivered: Finding[] = [];
  /** What is not as a reader of a stream expects it. */
  readonly oddities: string[] = [];
  readonly #kept = new Map<string, ReceiptsOfOne>();
  readonly #reading: Promise<void>;
  #model: ChannelModel | undefined;
  #next = 0;
  #isOver = false;

  constructor(
    private readonly urls: readonly string[],
    private readonly ledger: Ledger,
    private readonly clients: readonly Client[],
  ) {
    this.#reading = this.#read();
  }

  /** Of the person to whom a room belongs. */
  readonly of = (room: string): PersonalReceipts => this.#keptOf(room);

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#model?.close().catch(() => undefined);
    await this.#reading;
  }

  async #read(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      await this.#readFrom(this.urls[turn % this.urls.length] ?? '').catch(() => undefined);
      await delay(AGAIN_MS);
    }
  }

  /** Until the connection or the consumer ends. */
  async #readFrom(url: string): Promise<void> {
    const model = (this.#model = await connect(url));
    model.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => void model.once('close', resolve));
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    await channel.prefetch(PREFETCH);
    const take = (message: ConsumeMessage | null) => {
      if (message === null) {
        void model.close().catch(() => undefined);
        return;
      }
      for (const receipt of receiptsIn(message)) this.#look(receipt);
      for (const receipt of pushesIn(message)) this.#ofPerson(receipt).note(receipt, performance.now());
      for (const bundle of bundlesIn(message)) this.#ofPerson(bundle).bundle(bundle);
      const offset = Number(message.properties.headers?.['x-stream-offset']);
      if (offset !== this.#next && offset !== this.#next + SEGMENT_OFFSETS)
        this.oddities.push(`the receipts went on at ${offset} instead of ${this.#next}`);
      this.#next = offset + 1;
      channel.ack(message);
    };
    await channel.consume(RECEIPTS, take, { arguments: { 'x-stream-offset': this.#next } });
    await closed;
  }

  #look(receipt: Receipt): void {
    const [id, , role, userId, stage] = receipt;
    this.counts[stage] += 1;
    const event = this.ledger.find(id);
    if (stage === 'written' || event === undefined) return;
    this.#ofPerson(receipt).read(id, performance.now());
    const devices = this.clients.filter(({ person }) => person.role === role && person.id === userId);
    if (devices.some(({ journey }) => journey.receipts.has(event))) return;
    this.falselyDelivered.push({ client: devices[0], event, what: `${stage}, and no device has it` });
  }

  #ofPerson([, , role, userId]: Receipt | PushReceipt | PushBundle): ReceiptsOfOne {
    return this.#keptOf(`${role}_${userId}`);
  }

  #keptOf(room: string): ReceiptsOfOne {
    const known = this.#kept.get(room) ?? new ReceiptsOfOne();
    this.#kept.set(room, known);
    return known;
  }
}
