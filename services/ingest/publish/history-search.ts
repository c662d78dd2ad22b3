import type { ConsumeMessage } from 'amqplib';
import { closeChannel } from '../../../shared/broker/close-channel.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { offsetOf } from '../../../shared/broker/first-offset.ts';
import { readStream, type StreamStart } from '../../../shared/broker/stream-reader.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { parseHistoryEntries, type EventEntry } from '../../../shared/contract/message.ts';
import { HISTORY } from '../../../shared/contract/topology.ts';
import type { NextCursor } from '../accept/ports.ts';
import { publishHistoryMark } from './history-mark.ts';

/** As delivery reads what is long ago: half of the time is left to everybody else. */
const FLOW = { prefetch: 100, ackEvery: 100, isPaced: true };
/** For one reading: the operator goes on from where it came to. */
const READ_MS = 10_000;
/** The broker finds a time by its own clock, and entries are stamped by others. */
const CLOCKS_APART_MS = 5 * 60_000;

/** `late`: the time was up before the end. `next` is the offset of what was not taken. */
export interface Reading {
  readonly ending: 'end' | 'enough' | 'late';
  readonly next: number;
}

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
    const { model } = this.connection;
    if (model === undefined) throw gone();
    const channel = await model.createChannel();
    let timer: NodeJS.Timeout | undefined;
    let next = typeof from === 'number' ? from : 0;
    try {
      const ending = await new Promise<Reading['ending']>((resolve, reject) => {
        for (const name of ['error', 'handler-error', 'close']) channel.on(name, () => reject(gone()));
        let hasEnded = false;
        const end = (how: Reading['ending']) => {
          hasEnded = true;
          resolve(how);
        };
        timer = setTimeout(end, READ_MS, 'late');
        const onMessage = (message: ConsumeMessage | null) => {
          if (hasEnded) return;
          if (message === null) {
            reject(gone());
            return;
          }
          if (message.properties.messageId === mark) {
            end('end');
            return;
          }
          const offset = offsetOf(message) ?? 0;
          const events = parseHistoryEntries(message).filter((entry) => entry.kind === 'event');
          if (events.length > 0 && !take(events, offset)) end('enough');
          else next = offset + 1;
        };
        readStream(channel, { stream: HISTORY, from, ...FLOW }, onMessage).catch(reject);
      });
      return { ending, next };
    } finally {
      clearTimeout(timer);
      await closeChannel(channel);
    }
  }
}

/** Where what was stamped at a time begins, at the latest. */
export function startAt(timeMs: number): StreamStart {
  return { '!': 'timestamp', value: Math.max(0, Math.floor((timeMs - CLOCKS_APART_MS) / 1000)) };
}

/** Whether nothing that was stamped by a time follows what is stamped now. */
export function isPast(timeMs: number, stampMs: number): boolean {
  return stampMs > timeMs + CLOCKS_APART_MS;
}

function gone(): AppError {
  return new AppError('broker_unavailable', 'The history cannot be read now.');
}
