import type { ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { closeChannel } from '../../../shared/broker/close-channel.ts';
import { offsetOf } from '../../../shared/broker/first-offset.ts';
import { readStream, type StreamStart } from '../../../shared/broker/stream-reader.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import { AppError } from '../../../shared/contract/errors.ts';

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

export interface MarkedStream {
  readonly stream: string;
  readonly from: StreamStart;
  /** The id of the message that ends it, the last one that is taken. */
  readonly mark: Cursor;
}

/** Reads a stream for operators, up to a mark; `take` answers `false` to leave a message to the next reading. */
export async function readToMark(
  { model }: Pick<BrokerConnection, 'model'>,
  { stream, from, mark }: MarkedStream,
  take: (message: ConsumeMessage, offset: number) => boolean,
): Promise<Reading> {
  if (model === undefined) throw gone(stream);
  const channel = await model.createChannel();
  let timer: NodeJS.Timeout | undefined;
  let next = typeof from === 'number' ? from : 0;
  try {
    const ending = await new Promise<Reading['ending']>((resolve, reject) => {
      for (const name of ['error', 'handler-error', 'close']) channel.on(name, () => reject(gone(stream)));
      let hasEnded = false;
      const end = (how: Reading['ending']) => {
        hasEnded = true;
        resolve(how);
      };
      timer = setTimeout(end, READ_MS, 'late');
      const onMessage = (message: ConsumeMessage | null) => {
        if (hasEnded) return;
        if (message === null) {
          reject(gone(stream));
          return;
        }
        const offset = offsetOf(message) ?? 0;
        if (take(message, offset)) next = offset + 1;
        else end('enough');
        if (message.properties.messageId === mark) end('end');
      };
      readStream(channel, { stream, from, ...FLOW }, onMessage).catch(reject);
    });
    return { ending, next };
  } finally {
    clearTimeout(timer);
    await closeChannel(channel);
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

function gone(stream: string): AppError {
  return new AppError('broker_unavailable', `${stream} cannot be read now.`);
}
