import { describe, expect, it, jest } from '@jest/globals';
import { Outcomes } from '../../services/ingest/publish/outcomes.ts';
import type { OutgoingMessage } from '../../shared/broker/confirms.ts';
import { AppError } from '../../shared/contract/errors.ts';
import { OutcomeBatch } from '../../shared/contract/outcome.ts';
import { wallClock } from '../../shared/service/clock.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { newCursor } from '../../shared/service/new-cursor.ts';

function outcomesWith({ isKept = true } = {}) {
  const messages: OutgoingMessage[] = [];
  const broker = { isAway: false };
  const outcomes = new Outcomes({
    publisher: {
      publish: (message) => {
        if (broker.isAway) return Promise.reject(new AppError('broker_unavailable', 'away'));
        messages.push(message);
        return Promise.resolve('prompt');
      },
    },
    instance: 'ingest-1',
    isKept,
    nextCursor: () => newCursor(wallClock()),
    logger: createLogger('test', 'silent'),
  });
  const add = (id: string) => {
    outcomes.add({ outcome: 'accepted', id, entrance: 'events', cursor: newCursor(wallClock()) });
  };
  const batches = () =>
    messages.map(({ body }) => OutcomeBatch.parse(JSON.parse(body.toString())).map(({ id }) => id));
  return { outcomes, broker, add, batches, messages };
}

describe('what became of what came in', () => {
  it('goes to the stream of receipts, all of a second in one message', async () => {
    jest.useFakeTimers();
    const { add, batches, messages } = outcomesWith();
    add('a');
    add('b');
    expect(batches()).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_000);
    add('c');
    await jest.advanceTimersByTimeAsync(1_000);
    jest.useRealTimers();
    expect(batches()).toEqual([['a', 'b'], ['c']]);
    expect(messages[0]).toMatchObject({
      exchange: '',
      routingKey: 'appointments.receipts',
      properties: { type: 'outcomes', appId: 'ingest-1' },
    });
  });

  it('stands before what a flush resolves to', async () => {
    const { outcomes, add, batches, messages } = outcomesWith();
    add('a');
    const id = await outcomes.flush();
    expect([batches(), messages[0]?.properties.messageId]).toEqual([[['a']], id]);
    await outcomes.stop();
    expect(messages).toHaveLength(1);
  });

  it('is not kept where receipts are off, and a flush is written all the same', async () => {
    const { outcomes, add, batches } = outcomesWith({ isKept: false });
    add('a');
    await outcomes.flush();
    expect(batches()).toEqual([[]]);
  });

  it('waits for a broker that is away, the first 50,000', async () => {
    const { outcomes, broker, add, batches } = outcomesWith();
    broker.isAway = true;
    add('a');
    await expect(outcomes.flush()).rejects.toThrow('away');
    for (let count = 0; count < 50_000; count += 1) add('more');
    broker.isAway = false;
    await outcomes.stop();
    const [batch] = batches();
    expect([batch?.length, batch?.[0]]).toEqual([50_000, 'a']);
  });
});
