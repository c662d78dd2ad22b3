import type { Channel, ConsumeMessage } from 'amqplib';

/** An offset, or the chunk to begin with: the first, the last, or the one that holds a time in Unix seconds. */
export type StreamStart = number | 'first' | 'last' | { readonly '!': 'timestamp'; readonly value: number };

/** Offsets that a new segment of a stream takes for itself: no message has them. */
export const SEGMENT_OFFSETS = 1;

export interface StreamReading {
  readonly stream: string;
  readonly from: StreamStart;
  /** Messages under way to us, and in one turn of the event loop, at most; streams demand a bound. */
  readonly prefetch: number;
  /** Messages that are settled by one ack at least, which lets as many more come. */
  readonly ackEvery: number;
  /** Twice as long as these took to come no more are asked for: two thirds of the time are left to what else the broker and we do. */
  readonly isPaced?: boolean;
}

/** By half of the time, entries that a turn leaves to the garbage collector held up live events by 30 ms and more, once or twice in ten seconds. */
const PAUSE_FACTOR = 2;
/** A broker that was slow once is asked again all the same. */
const MAX_PAUSE_MS = 100;

/**
 * Consumes a stream on a channel of its own; rejects when the broker refuses. Each message is handed on in the order of
 * the stream, and `null` when the broker cancels the consumer: somebody deleted the stream. Nothing comes after the
 * channel is closed, and the channel alone tells of that.
 */
export async function readStream(
  channel: Channel,
  { stream, from, prefetch, ackEvery, isPaced = false }: StreamReading,
  onMessage: (message: ConsumeMessage | null) => void,
): Promise<void> {
  let unacked = 0;
  let askedMs = performance.now();
  let newest: ConsumeMessage | undefined;
  const settle = () => {
    if (newest !== undefined) ackUpTo(channel, newest);
    unacked = 0;
    askedMs = performance.now();
  };
  // Not within this turn: more would come in it, and everybody else would wait.
  const settleSoon = () => {
    if (isPaced) setTimeout(settle, Math.min(MAX_PAUSE_MS, PAUSE_FACTOR * (performance.now() - askedMs)));
    else setImmediate(settle);
  };
  const take = (message: ConsumeMessage | null) => {
    if (message !== null) {
      newest = message;
      unacked += 1;
      if (unacked === ackEvery) settleSoon();
    }
    onMessage(message);
  };
  await channel.prefetch(prefetch);
  await channel.consume(stream, take, { arguments: { 'x-stream-offset': from } });
}

function ackUpTo(channel: Channel, message: ConsumeMessage): void {
  try {
    channel.ack(message, true);
  } catch {
    // The channel has closed meanwhile: nothing is left to settle.
  }
}
