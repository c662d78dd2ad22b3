import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import type { OutgoingMessage } from '../../shared/broker/confirms.ts';
import { EXCHANGE, HISTORY, INBOX, LEDGER, RECEIPTS } from '../../shared/contract/topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { ScriptedConnection } from '../support/scripted-channel.ts';

const LONGEST_RETRY_MS = 5_000;
let keys = 0;

function to(exchange: string, routingKey: string): OutgoingMessage {
  keys += 1;
  return { exchange, routingKey, body: Buffer.alloc(1), key: String(keys), properties: {} };
}

async function world() {
  const scripted = new ScriptedConnection();
  const publisher = new ConfirmPublisher(scripted.connection, {
    maxUnconfirmed: 10,
    maxUnconfirmedBytes: 1_000,
    confirmTimeoutMs: 20_000,
    now: () => 0,
    onConfirmed: () => undefined,
    logger: createLogger('test', 'silent'),
  });
  const settle = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  await settle();
  /** Where the messages of each channel went, in the order in which the channels were opened. */
  const carried = () =>
    scripted.channels.map(({ published }) =>
      published.map(({ exchange, routingKey }) => exchange || routingKey),
    );
  return { scripted, publisher, settle, carried };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the channels of a publisher', () => {
  it('are one for the exchange and the history, and one for each other queue', async () => {
    const { publisher, settle, carried } = await world();
    for (const message of [
      to(EXCHANGE, 'calendar'),
      to('', RECEIPTS),
      to('', LEDGER),
      to('', HISTORY),
      to('', INBOX),
    ])
      void publisher.publish(message);
    await settle();
    void publisher.publish(to(EXCHANGE, 'calendar'));
    void publisher.publish(to('', RECEIPTS));
    expect(carried()).toEqual([[EXCHANGE, HISTORY, EXCHANGE], [RECEIPTS, RECEIPTS], [LEDGER], [INBOX]]);
  });

  it('keep what is sent before they are open, in its order', async () => {
    const { publisher, settle, scripted } = await world();
    const messages = [to('', LEDGER), to('', LEDGER)];
    const confirmed = Promise.all(messages.map((message) => publisher.publish(message)));
    await settle();
    expect(scripted.broker.published.map(({ body }) => body)).toEqual(messages.map(({ body }) => body));
    scripted.broker.confirmPublished();
    scripted.broker.confirmPublished();
    expect(await confirmed).toEqual(['prompt', 'prompt']);
  });

  it('are others once queues were declared again, and what was under way goes first', async () => {
    const { scripted, publisher, settle, carried } = await world();
    const confirmed = publisher.publish(to(EXCHANGE, 'first'));
    publisher.queuesReplaced();
    await settle(LONGEST_RETRY_MS);
    void publisher.publish(to(EXCHANGE, 'second'));
    expect(carried()).toHaveLength(2);
    expect(scripted.broker.published.map(({ routingKey }) => routingKey)).toEqual(['first', 'second']);
    scripted.broker.confirmPublished();
    expect(await confirmed).toBe('prompt');
  });
});
