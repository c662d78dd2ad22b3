import type { ConsumeMessage } from 'amqplib';
import { once } from 'node:events';
import { eventIdOf } from '../../../shared/contract/companion-id.ts';
import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import { parseEnvelope } from '../../../shared/contract/envelope.ts';
import { MARK_TYPE } from '../../../shared/contract/message.ts';
import { HISTORY } from '../../../shared/contract/topology.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { decodeFingerprint } from '../accept/contents.ts';
import type { NextCursor, Receipt } from '../accept/ports.ts';
import { REPEATS_MAX_AGE_MS, type Repeats } from '../accept/repeats.ts';
import { firstOffset } from '../../../shared/broker/first-offset.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { Deliveries } from './deliveries.ts';
import { publishHistoryMark } from './history-mark.ts';
import { StreamFollower } from '../../../shared/broker/stream-follower.ts';

export interface HistoryIdsOptions {
  readonly repeats: Repeats<Receipt>;
  readonly maxRepeats: number;
  /** From the confirm of the mark that ends the reading: then ids are taken without knowing them. */
  readonly readTimeoutMs: number;
  readonly publisher: ConfirmPublisher;
  readonly nextCursor: NextCursor;
  /** Each entry in the order of the history: at a request to the delivery instances, every mark from before it is known. */
  readonly onEntry: (message: ConsumeMessage) => void;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  readonly logger: Logger;
}

/** `late`: the history was not read in time; the reading goes on. */
export type Knowledge = 'reading' | 'late' | 'complete';

/** An event and its companion. */
const ENTRIES_PER_ID = 2;
const PUBLISHER_WITHIN_MS = 5_000;

/**
 * Which ids backends have used lately, from the history: those of other instances, and those from before this start. Reads the
 * last 24 hours of it, or what may hold as many ids as are remembered, up to a mark of its own, and then follows what comes. Marks
 * stand there too, which tell the deliveries that are here.
 */
export class HistoryIds {
  readonly #follower: StreamFollower;
  /** As far as the history has been read. */
  readonly deliveries: Deliveries;
  /** Resolves when ids need not be waited for any longer. */
  readonly settled: Promise<void>;
  #settle: () => void = () => undefined;
  #knowledge: Knowledge = 'reading';
  #mark: Cursor | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: HistoryIdsOptions,
  ) {
    this.deliveries = new Deliveries(options.now, options.wall, options.logger);
    this.settled = new Promise((resolve) => (this.#settle = resolve));
    this.#follower = new StreamFollower(connection, {
      stream: HISTORY,
      name: 'history of ids',
      begin: () => this.#begin(),
      onMessage: (message) => this.#take(message),
      logger: options.logger,
    });
  }

  get knowledge(): Knowledge {
    return this.#knowledge;
  }

  /** Whether a delivery is here that reads no `calendar.sync` beside its event, as far as the history has been read. */
  get mayMeetOlderDeliveries(): boolean {
    return this.#knowledge !== 'complete' || this.deliveries.olderAreHere();
  }

  close(): Promise<void> {
    clearTimeout(this.#deadline);
    return this.#follower.close();
  }

  /** Everything that was confirmed before the mark stands before it. */
  async #begin(): Promise<number> {
    const { wall, maxRepeats, readTimeoutMs } = this.options;
    this.#mark = await this.#publishMark();
    this.#deadline ??= setTimeout(() => this.#giveUp(), readTimeoutMs).unref();
    const sinceSeconds = Math.floor((unixMs(wall()) - REPEATS_MAX_AGE_MS) / 1000);
    const { model } = this.connection;
    const since = model && (await firstOffset(model, HISTORY, { '!': 'timestamp', value: sinceSeconds }));
    const last = model && (await firstOffset(model, HISTORY, 'last'));
    if (since === undefined || last === undefined) throw new Error(`${HISTORY} brings nothing`);
    return Math.max(since, last - ENTRIES_PER_ID * maxRepeats);
  }

  async #publishMark(): Promise<Cursor> {
    const { publisher, nextCursor } = this.options;
    const signal = AbortSignal.timeout(PUBLISHER_WITHIN_MS);
    while (publisher.state.state !== 'connected') await once(publisher, 'state', { signal });
    return publishHistoryMark(publisher, nextCursor);
  }

  #take(message: ConsumeMessage): void {
    if (message.properties.type === MARK_TYPE) this.deliveries.note(message.properties);
    this.options.onEntry(message);
    if (message.properties.messageId === this.#mark) this.#complete();
    // Most entries are somebody else's: marks, companions, events without an id of a backend.
    if (message.properties.headers?.['contents_parts'] === undefined) return;
    const envelope = parseEnvelope(message.properties);
    if (envelope === undefined) return;
    const { messageId, headers } = envelope;
    const { cursor, rooms, contents, contents_parts } = headers;
    if (contents === undefined || contents_parts === undefined) return;
    const fingerprint = decodeFingerprint({ contents, contents_parts });
    if (fingerprint === undefined) return;
    // An event for the calendar alone is there as its companion.
    const eventId = eventIdOf(messageId);
    const id = eventId ?? messageId;
    const outcome = { id, cursor, rooms: eventId === undefined ? rooms : [] };
    const { repeats, now, wall, logger } = this.options;
    const nowMs = now();
    const ageMs = Math.max(0, unixMs(wall()) - cursorTimeMs(cursor));
    if (!repeats.found(id, nowMs - ageMs, nowMs, { outcome, fingerprint }))
      logger.warn({ id, cursor }, 'two instances took different events under one id at the same time');
  }

  #complete(): void {
    const { repeats, logger } = this.options;
    if (this.#knowledge === 'complete') return;
    clearTimeout(this.#deadline);
    this.#knowledge = 'complete';
    this.#settle();
    logger.info({ ids: repeats.size }, 'read the ids of the last 24 hours from the history');
  }

  #giveUp(): void {
    if (this.#knowledge !== 'reading') return;
    this.#knowledge = 'late';
    this.#settle();
    const { readTimeoutMs, logger } = this.options;
    logger.warn(
      `the history could not be read within ${readTimeoutMs} ms: until it is, an id that was used before this start is not recognised`,
    );
  }
}
