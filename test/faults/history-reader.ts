import { connect } from 'amqplib';
import { parseHistoryEntries } from '../../shared/contract/message.ts';
import { HISTORY } from '../../shared/contract/topology.ts';

const PREFETCH = 1_000;
const STALL_MS = 30_000;

/** How often each event, and each `calendar.sync` beside one, stands in the history, up to the entry `until`, which the caller knows to be there. */
export async function countHistory(url: string, until: string): Promise<ReadonlyMap<string, number>> {
  const model = await connect(url);
  model.on('error', () => undefined);
  const counts = new Map<string, number>();
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
        const ids = parseHistoryEntries(message).flatMap((entry) =>
          entry.kind === 'event' ? [entry.id] : [],
        );
        for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
        if (!ids.includes(until)) return;
        clearTimeout(stalled);
        resolve();
      };
      channel.consume(HISTORY, take, { arguments: { 'x-stream-offset': 'first' } }).catch(reject);
    });
  } finally {
    await model.close().catch(() => undefined);
  }
  return counts;
}
