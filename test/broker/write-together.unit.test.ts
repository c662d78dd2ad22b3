import { describe, expect, it } from '@jest/globals';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeTogether } from '../../shared/broker/write-together.ts';

const require = createRequire(import.meta.url);
const lib = join(dirname(require.resolve('amqplib')), 'lib');
const { Connection } = require(join(lib, 'connection.js')) as {
  Connection: new (socket: Duplex) => ChannelModel['connection'] & { frameMax: number };
};
const channels = require(join(lib, 'channel_model.js')) as {
  ConfirmChannel: new (connection: object) => ConfirmChannel & { allocate(): void };
};

const FRAME_MAX = 8_192;
const HIGH_WATER_MARK = 16_384;

/** amqplib's connection on a socket that notes each write; with `takes` false it finishes none until `drain`. */
function world({ together, takes = true }: { together: boolean; takes?: boolean }) {
  const writes: Buffer[] = [];
  const unfinished: (() => void)[] = [];
  const write = (bytes: Buffer, done: () => void) => {
    writes.push(bytes);
    if (takes) done();
    else unfinished.push(done);
  };
  const socket = new Duplex({
    highWaterMark: HIGH_WATER_MARK,
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => write(chunk, done),
    writev: (chunks: { chunk: Buffer }[], done) =>
      write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
  });
  const connection = new Connection(socket);
  connection.frameMax = FRAME_MAX;
  if (together) writeTogether({ connection });
  const open = () => {
    const channel = new channels.ConfirmChannel(connection);
    channel.allocate();
    return channel;
  };
  return { socket, writes, open, drain: () => unfinished.shift()?.() };
}

const publish = (channel: ConfirmChannel, bytes: number, n = 0) =>
  channel.publish('appointments', 'provider.4', Buffer.alloc(bytes, n), { messageId: `${n}`, CC: ['admin'] });

/** What goes over the wire when these are published in turns of the event loop, on two channels. */
async function bytesOf(turns: readonly (readonly number[])[], together: boolean): Promise<string> {
  const { open, writes } = world({ together });
  const both = [open(), open()];
  for (const sizes of turns) {
    sizes.forEach((size, n) => publish(both[n % 3 === 0 ? 1 : 0] ?? open(), size, n));
    await nextTurn();
  }
  await nextTurn();
  return Buffer.concat(writes).toString('base64');
}

describe('what is written together', () => {
  it('is one write for all messages of a turn', async () => {
    const { open, writes } = world({ together: true });
    const channel = open();
    for (let n = 0; n < 20; n += 1) publish(channel, 300, n);
    await nextTurn();
    await nextTurn();
    expect(writes).toHaveLength(1);
  });

  it('is the same bytes as amqplib writes one after the other, in the same order', async () => {
    const size = fc.oneof({ weight: 4, arbitrary: fc.nat(900) }, { weight: 1, arbitrary: fc.nat(40_000) });
    const turns = fc.array(fc.array(size, { maxLength: 12 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(turns, async (sizes) => {
        expect(await bytesOf(sizes, true)).toBe(await bytesOf(sizes, false));
      }),
      { numRuns: 50 },
    );
  });

  it('waits for a socket that takes no more', async () => {
    const { socket, open, writes, drain } = world({ together: true, takes: false });
    const channel = open();
    const count = 200;
    for (let n = 0; n < count; n += 1) publish(channel, 1_000, n);
    await nextTurn();
    await nextTurn();
    expect(socket.writableLength).toBeGreaterThanOrEqual(HIGH_WATER_MARK);
    expect(socket.writableLength).toBeLessThan(2 * HIGH_WATER_MARK);
    while (socket.writableLength > 0) {
      drain();
      await nextTurn();
    }
    const written = Buffer.concat(writes);
    expect(written.byteLength).toBeGreaterThan(count * 1_000);
    expect(written.includes(`${count - 1}`)).toBe(true);
  });
});
