import { describe, expect, it } from '@jest/globals';
import {
  deviceDeclarations,
  deliveryQueueOptions,
  HISTORY,
  INBOX,
  LEDGER,
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
