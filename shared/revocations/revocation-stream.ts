import type { ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from '../broker/broker-connection.ts';
import { CurrentStream } from '../broker/current-stream.ts';
import { jsonIn } from '../contract/control.ts';
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

/** Follows what is revoked. */
export class RevocationStream {
  readonly #stream: CurrentStream;

  constructor(
    connection: BrokerConnection,
    private readonly options: RevocationStreamOptions,
  ) {
    this.#stream = new CurrentStream(connection, {
      stream: REVOCATIONS,
      name: 'revocations',
      begin: () => Promise.resolve('first'),
      barrier: (id) => ({ body: encoded({ barrier: id }) }),
      ...(options.onChange && { onCurrent: options.onChange }),
      onMessage: (message, offset) => this.#take(message, offset),
      logger: options.logger,
    });
  }

  /** While everything is in the list that the broker has. */
  get isCurrent(): boolean {
    return this.#stream.isCurrent;
  }

  whenCurrent(): Promise<void> {
    return this.#stream.whenCurrent();
  }

  close(): Promise<void> {
    return this.#stream.close();
  }

  #take(message: ConsumeMessage, offset: number): void {
    const { list, wall, logger, onChange } = this.options;
    const line = RevocationLine.safeParse(jsonIn(message.content)).data;
    if (line === undefined) {
      logger.warn({ offset }, `an entry of ${REVOCATIONS} is none of ours and was passed over`);
    } else if ('lifted' in line) {
      list.lift(line.lifted);
    } else if ('revocation' in line) {
      list.add(line.revocation, unixMs(wall()));
      if (this.isCurrent) onChange?.();
    }
  }
}

function encoded(line: RevocationLine): Buffer {
  return Buffer.from(JSON.stringify(line));
}
