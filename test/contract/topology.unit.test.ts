import { describe, expect, it } from '@jest/globals';
import {
  deviceDeclarations,
  deliveryQueueOptions,
  HISTORY,
  INBOX,
  LEDGER,
  PUSH,
  PUSH_WAIT,
  pushDeclarations,
  RECEIPTS,
  REVOCATIONS,
  queueDeclarations,
  REJECTED,
} from '../../shared/contract/topology.ts';

const history = (limits: Parameters<typeof queueDeclarations>[0]) =>
  queueDeclarations(limits).find(({ name }) => name === HISTORY)?.arguments;

describe('the durable queues', () => {
  it('are declared with the dead-letter target before its source', () => {
    const names = queueDeclarations({ historyMaxAge: '7D' }).map(({ name }) => name);
    expect(names).toEqual([REJECTED, INBOX, HISTORY, LEDGER, REVOCATIONS, RECEIPTS]);
  });

  it('keep the arguments that older versions declared where no bound of bytes is asked for', () => {
    const old = {
      'x-queue-type': 'stream',
      'x-max-age': '7D',
      'x-stream-max-segment-size-bytes': 20_000_000,
    };
    expect(history({ historyMaxAge: '7D' })).toEqual(old);
    expect(history({ historyMaxAge: '7D', historyMaxBytes: 0 })).toEqual(old);
    expect(history({ historyMaxAge: '7D', historyMaxBytes: 5e9 })).toEqual({
      ...old,
      'x-max-length-bytes': 5e9,
    });
  });
});

describe('where push is on', () => {
  it('there is a stream of devices that is bounded in bytes and older than any device in it', () => {
    const [{ arguments: declared } = { arguments: {} }] = deviceDeclarations;
    expect(declared).toMatchObject({ 'x-max-age': '181D', 'x-max-length-bytes': 1e9 });
  });
});

describe('the queues of push', () => {
  const argumentsOf = (queue: string) =>
    pushDeclarations(20).find(({ name }) => name === queue)?.arguments ?? {};

  it('wait without a bound and drop what is beyond one, so that ingest never refuses an event for them', () => {
    const waiting = argumentsOf(PUSH_WAIT);
    expect(Object.keys(waiting).filter((name) => name.startsWith('x-max'))).toEqual([]);
    expect(waiting).toMatchObject({ 'x-message-ttl': 20_000, 'x-dead-letter-routing-key': PUSH });
    expect(argumentsOf(PUSH)).toMatchObject({
      'x-overflow': 'drop-head',
      'x-max-length-bytes': 5e8,
      'x-message-ttl': 86_400_000,
      'x-delivery-limit': 100,
    });
  });

  it('are declared with the dead-letter target before its source', () => {
    const names = pushDeclarations(20).map(({ name }) => name);
    expect(names.indexOf(PUSH)).toBeLessThan(names.indexOf(PUSH_WAIT));
  });
});

describe('the queue of a delivery instance', () => {
  it('is its own alone on one node, and replicated in a cluster, with the same limits', () => {
    const [exclusive, quorum] = (['exclusive', 'quorum'] as const).map((kind) =>
      deliveryQueueOptions(kind, 'q'),
    );
    expect(exclusive).toMatchObject({ exclusive: true, durable: false });
    expect(quorum).toMatchObject({
      durable: true,
      arguments: { ...exclusive?.arguments, 'x-queue-type': 'quorum' },
    });
  });
});
