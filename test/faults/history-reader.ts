import { connect } from 'amqplib';
import { parseHistoryEntries } from '../../shared/contract/message.ts';
import { HISTORY } from '../../shared/contract/topology.ts';

const PREFETCH = 1_000;
const STALL_MS = 30_000;

export interface HistoryContents {
  /** How often each event, and each `calendar.sync` beside one, stands in it. */
  readonly counts: ReadonlyMap<string, number>;
  /** By cursor, which event that is. */
  readonly idsAt: ReadonlyMap<string, string>;
}

/** Up to the entry `until`, which the caller knows to be there. */
export async function readHistory(url: string, until: string): Promise<HistoryContents> {
  const model = await connect(url);
  model.on('error', () => undefined);
  const counts = new Map<string, number>();
  const idsAt = new Map<string, string>();
  try {
    const channel = await model.createChannel();
    await channel.prefetch(PREFETCH);
    await new Promise<void>((resolve, reject) => {
      const stalled = setTimeout(() => reject(new Error('the history ends before its last event')), STALL_MS);
      const take = (message: Parameters<Parameters<typeof channel.consume>[1]>[0]) => {
        if (message === null) {
          reject(new Error('the history is gone'));
          return;
        }
        stalled.refresh();
        channel.ack(message);
        const events = parseHistoryEntries(message).filter((entry) => entry.kind === 'event');
        for (const { id, cursor } of events) {
          counts.set(id, (counts.get(id) ?? 0) + 1);
          idsAt.set(cursor, id);
        }
        if (!events.some(({ id }) => id === until)) return;
        clearTimeout(stalled);
        resolve();
      };
      channel.consume(HISTORY, take, { arguments: { 'x-stream-offset': 'first' } }).catch(reject);
    });
  } finally {
    await model.close().catch(() => undefined);
  }
  return { counts, idsAt };
}
