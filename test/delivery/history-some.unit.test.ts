import { describe, expect, it, jest } from '@jest/globals';
import { v7 } from 'uuid';
import { History } from '../../services/delivery/broker/history.ts';
import type { Marks } from '../../services/delivery/broker/marks.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import type { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { entryOf, ScriptedChannel } from '../support/scripted-channel.ts';
import { settle } from './fakes.ts';

const never = () => new Promise<never>(() => undefined);

describe('some entries of the history', () => {
  const single = async (enough: number) => {
    const broker = new ScriptedChannel();
    const publish = jest.fn(never);
    const history = new History(
      { model: { createChannel: () => Promise.resolve(broker.channel) } } as unknown as BrokerConnection,
      { publish, isBehind: () => false } as unknown as Marks,
      { isCluster: false },
      { nodes: { leave: () => undefined }, metrics: { scans: { inc: () => undefined } } },
    );
    const read: string[] = [];
    const reading = history.readSome(7, ({ cursor }) => read.push(cursor) < enough);
    await settle();
    return { broker, publish, read, reading };
  };

  it('are read from an offset on until the reader has enough, and without a mark', async () => {
    const { broker, publish, read, reading } = await single(2);
    const all = Array.from({ length: 3 }, () => Cursor.parse(v7()));
    for (const cursor of all) broker.bring(entryOf(cursor));
    await reading;
    expect(read).toEqual(all.slice(0, 2));
    expect(JSON.stringify(broker.requests)).toContain('"x-stream-offset":7');
    expect(publish).not.toHaveBeenCalled();
    expect(broker.isClosed).toBe(true);
  });

  it('are not read where the channel closes before that', async () => {
    const { broker, reading } = await single(2);
    const outcome = reading.catch((error: unknown) => error);
    broker.bring(entryOf(Cursor.parse(v7())));
    broker.emit('close');
    expect(await outcome).toMatchObject({ message: 'the channel that read the history closed' });
  });
});
