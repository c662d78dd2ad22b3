import type { Channel, ConsumeMessage } from 'amqplib';
import { v7 as uuidv7 } from 'uuid';
import type { BrokerConnection } from '../broker/broker-connection.ts';
import { StreamFollower } from '../broker/stream-follower.ts';
import { REVOCATIONS } from '../contract/topology.ts';
import { unixMs } from '../core/wall-time.ts';
import type { WallClock } from '../service/clock.ts';
import type { Logger } from '../service/logger.ts';
import { RevocationLine } from './revocation.ts';
import type { RevocationList } from './revocation-list.ts';

export interface RevocationStreamOptions {
  /** Kept as the stream says. */
  readonly list: RevocationList;
  /** Something was added to the list, or it is current again. */
  readonly onChange?: () => void;
  readonly wall: WallClock;
  readonly logger: Logger;
}

/**
 * Follows what is revoked. `isCurrent` while everything is in the list that the broker had when reading began, and what
 * came since: after each loss of the broker the stream is read on to a barrier of our own first.
 */
export class RevocationStream {
  readonly #follower: StreamFollower;
  #barrier: string | undefined;
  #isCurrent = false;
  #waiters: (() => void)[] = [];

  constructor(
    connection: BrokerConnection,
    private readonly options: RevocationStreamOptions,
  ) {
    this.#follower = new StreamFollower(connection, {
      stream: REVOCATIONS,
      name: 'revocations',
      begin: () => Promise.resolve('first'),
      onReading: (channel) => this.#sendBarrier(channel),
      onLost: () => (this.#isCurrent = false),
      onMessage: (message, offset) => this.#take(message, offset),
      logger: options.logger,
    });
  }

  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  whenCurrent(): Promise<void> {
    if (this.#isCurrent) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  close(): Promise<void> {
    return this.#follower.close();
  }

  /** Comes back behind all that stood in the stream; one that is lost goes with its channel, and the next sends another. */
  #sendBarrier(channel: Channel): void {
    this.#barrier = uuidv7();
    const line: RevocationLine = { barrier: this.#barrier };
    channel.publish('', REVOCATIONS, Buffer.from(JSON.stringify(line)));
  }

  #take(message: ConsumeMessage, offset: number): void {
    const { list, wall, logger, onChange } = this.options;
    const line = lineIn(message.content);
    if (line === undefined) {
      logger.warn({ offset }, `an entry of ${REVOCATIONS} is none of ours and was passed over`);
    } else if ('barrier' in line) {
      if (line.barrier === this.#barrier) this.#becomeCurrent();
    } else if ('lifted' in line) {
      list.lift(line.lifted);
    } else {
      list.add(line.revocation, unixMs(wall()));
      if (this.#isCurrent) onChange?.();
    }
  }

  #becomeCurrent(): void {
    this.#isCurrent = true;
    this.options.onChange?.();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

function lineIn(body: Buffer): RevocationLine | undefined {
  try {
    return RevocationLine.safeParse(JSON.parse(body.toString())).data;
  } catch {
    return undefined;
  }
}
