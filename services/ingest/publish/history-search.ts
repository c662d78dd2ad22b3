import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import type { StreamStart } from '../../../shared/broker/stream-reader.ts';
import { parseHistoryEntries, type EventEntry } from '../../../shared/contract/message.ts';
import { HISTORY } from '../../../shared/contract/topology.ts';
import type { NextCursor } from '../accept/ports.ts';
import { publishHistoryMark } from './history-mark.ts';
import { readToMark, type Reading } from './read-to-mark.ts';

/** Of the events of one message; `false` leaves them to the next reading. */
export type TakeEvents = (events: readonly EventEntry[], offset: number) => boolean;

/** Reads the history for operators, up to what was confirmed before. */
export class HistorySearch {
  constructor(
    private readonly connection: Pick<BrokerConnection, 'model'>,
    private readonly options: {
      readonly publisher: Pick<ConfirmPublisher, 'publish'>;
      readonly nextCursor: NextCursor;
    },
  ) {}

  async read(from: StreamStart, take: TakeEvents): Promise<Reading> {
    const { publisher, nextCursor } = this.options;
    const mark = await publishHistoryMark(publisher, nextCursor);
    return readToMark(this.connection, { stream: HISTORY, from, mark }, (message, offset) => {
      const events = parseHistoryEntries(message).filter((entry) => entry.kind === 'event');
      return events.length === 0 || take(events, offset);
    });
  }
}
