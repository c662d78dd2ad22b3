import type { ConsumeMessage } from 'amqplib';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../../../../shared/contract/errors.ts';
import { LEDGER } from '../../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../../shared/broker/broker-connection.ts';
import type { Logger } from '../../../../shared/service/logger.ts';
import type { NextCursor } from '../../accept/ports.ts';
import { batches, kinds, LedgerEntry } from './entries.ts';
import type { Ledger } from './ledger.ts';
import { firstOffset } from '../../../../shared/broker/first-offset.ts';
import type { ConfirmPublisher } from '../../../../shared/broker/confirm-publisher.ts';
import { CONFIRM_KEY_HEADER } from '../../../../shared/broker/confirms.ts';
import { StreamFollower } from '../../../../shared/broker/stream-follower.ts';

export interface LedgerStreamOptions {
  readonly ledger: Ledger;
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly nextKey: NextCursor;
  readonly logger: Logger;
  /** See `SNAPSHOT_EVERY_BYTES`, its default. */
  readonly snapshotEveryBytes?: number;
}

/** Reading that brings nothing for so long is broken off. */
const LEDGER_IDLE_MS = 30_000;
/**
 * After so much, or twice what they take, the newest values are written once more: the stream's bound of 200 MB then
 * only ever drops older ones, as long as the newest take no more than a quarter of it (some 150,000 appointments).
 */
const SNAPSHOT_EVERY_BYTES = 20_000_000;
/** Half a segment: the broker keeps the newest one under any policy, so what is larger is dropped before it is whole. */
const MAX_RESCUED_BYTES = 10_000_000;
/** Each is said once. */
const MAX_LATER_KINDS = 20;

/** A place in the stream: an instance that reads back what it wrote there has seen all before it. */
const Marker = z.union([z.object({ barrier: z.string() }), z.object({ snapshot: z.enum(['begin', 'end']) })]);
type Marker = z.infer<typeof Marker>;
/** Of a later version, which keeps more: an older one that takes over needs nothing of it. */
const Later = z
  .object({
    kind: z.string().refine((kind) => !kinds.includes(kind)),
    id: z.number(),
    record: z.object({ version: z.number() }),
  })
  .transform(({ kind }) => ({ laterKind: kind }));
const Line = z.union([LedgerEntry, Marker, Later]);

/** Follows the ledger's stream from its beginning, on every instance, and writes to it. */
export class LedgerStream {
  readonly #follower: StreamFollower;
  readonly #barriers = new Map<string, () => void>();
  #bytes = 0;
  #snapshotBegan = 0;
  #snapshotFrom = 0;
  #snapshotBytes = 0;
  #snapshotting = false;
  /** From this offset on the stream holds all that is kept; `undefined` while what came lacks something. */
  #wholeFrom: number | undefined = 0;
  #snapshotOffset: number | undefined;
  readonly #laterKinds = new Set<string>();

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: LedgerStreamOptions,
  ) {
    this.#follower = new StreamFollower(connection, {
      stream: LEDGER,
      name: 'ledger',
      begin: () => Promise.resolve('first'),
      onShortened: () => this.#onShortened(),
      onMessage: (message, offset) => this.#onMessage(message, offset),
      onGone: () => this.#onGone(),
      logger: options.logger,
    });
  }

  /** Resolves once everything is applied that stood in the stream when it was called. */
  async catchUp(): Promise<void> {
    const barrier = this.options.nextKey();
    const passed = new Promise<void>((resolve) => this.#barriers.set(barrier, resolve));
    const stop = new AbortController();
    try {
      await this.#send({ barrier });
      await Promise.race([passed, this.#stalled(stop.signal)]);
      this.#sayIncomplete();
    } finally {
      stop.abort();
      this.#barriers.delete(barrier);
    }
  }

  /** Resolves once the broker has all of them. */
  async write(entries: readonly LedgerEntry[]): Promise<void> {
    for (const some of batches(entries)) await Promise.all(some.map((entry) => this.#send(entry)));
  }

  /**
   * Writes all that is kept once more when much was written since the last time, or when a policy has shortened the stream
   * below that. One instance does it.
   */
  async compact(): Promise<void> {
    if (this.#snapshotting) return;
    this.#snapshotting = true;
    const { ledger, logger } = this.options;
    try {
      if (!this.#isLong && !(await this.#isShortened())) return;
      await this.#send({ snapshot: 'begin' });
      await this.write([...ledger.entries()]);
      await this.#send({ snapshot: 'end' });
      logger.info({ entries: ledger.size }, 'wrote the whole ledger once more');
    } finally {
      this.#snapshotting = false;
    }
  }

  close(): Promise<void> {
    return this.#follower.close();
  }

  get #isLong(): boolean {
    const { snapshotEveryBytes = SNAPSHOT_EVERY_BYTES } = this.options;
    const enough = Math.max(snapshotEveryBytes, 2 * this.#snapshotBytes);
    return this.#bytes - this.#snapshotFrom >= enough;
  }

  async #isShortened(): Promise<boolean> {
    const { model } = this.connection;
    if (this.#snapshotBytes > MAX_RESCUED_BYTES) return false;
    const first = model && (await firstOffset(model, LEDGER));
    return first !== undefined && first > (this.#wholeFrom ?? -1);
  }

  /** Rejects once nothing more comes; a long stream takes its time. */
  async #stalled(signal: AbortSignal): Promise<never> {
    let before: number;
    do {
      before = this.#bytes;
      await setTimeout(LEDGER_IDLE_MS, undefined, { signal });
    } while (this.#bytes > before);
    throw new AppError('broker_unavailable', `${LEDGER} could not be read to its end`);
  }

  #onMessage(message: ConsumeMessage, offset: number): void {
    this.#bytes += message.content.byteLength;
    const line = lineIn(message.content);
    if (line === undefined) {
      this.options.logger.warn({ offset }, `an entry of ${LEDGER} is none of ours and was passed over`);
    } else if ('laterKind' in line) this.#onLater(line.laterKind);
    else if ('kind' in line) this.options.ledger.apply(line);
    else this.#onMarker(line, offset);
  }

  /** A new one begins anew, and lacks all that we keep. */
  #onGone(): void {
    this.#snapshotFrom = Number.NEGATIVE_INFINITY;
    this.#snapshotOffset = undefined;
  }

  #onShortened(): void {
    this.#wholeFrom = undefined;
    this.#snapshotOffset = undefined;
  }

  /** Of what was kept, something is lost: no instance that knew it has written it again. */
  #sayIncomplete(): void {
    if (this.#wholeFrom !== undefined) return;
    this.options.logger.error(
      `${LEDGER} was shortened below what it keeps: some bookings are unknown until they are saved or compared again; take the policy with max-length-bytes or max-age off it`,
    );
  }

  #onLater(kind: string): void {
    if (this.#laterKinds.has(kind) || this.#laterKinds.size >= MAX_LATER_KINDS) return;
    this.#laterKinds.add(kind);
    this.options.logger.info({ kind }, `entries of ${LEDGER} of a later version are passed over`);
  }

  #onMarker(marker: Marker, offset: number): void {
    if ('barrier' in marker) this.#barriers.get(marker.barrier)?.();
    else if (marker.snapshot === 'begin') {
      this.#snapshotBegan = this.#bytes;
      this.#snapshotOffset = offset;
    } else {
      this.#wholeFrom = this.#snapshotOffset ?? this.#wholeFrom;
      this.#snapshotFrom = this.#snapshotBegan;
      this.#snapshotBytes = this.#bytes - this.#snapshotBegan;
    }
  }

  async #send(line: LedgerEntry | Marker): Promise<void> {
    const key = this.options.nextKey();
    await this.options.publisher.publish({
      exchange: '',
      routingKey: LEDGER,
      body: Buffer.from(JSON.stringify(line)),
      key,
      properties: { contentType: 'application/json', headers: { [CONFIRM_KEY_HEADER]: key } },
    });
  }
}

function lineIn(body: Buffer): z.infer<typeof Line> | undefined {
  try {
    return Line.safeParse(JSON.parse(body.toString())).data;
  } catch {
    return undefined;
  }
}
