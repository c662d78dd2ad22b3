import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { corkForThisTurn, writeLast } from '../../services/delivery/transport/outbox.ts';

/** Our end of a connection, and what the other end reads first. */
async function pair(): Promise<{ ours: Socket; firstRead: Promise<string>; end: () => void }> {
  const server = createServer();
  const came = new Promise<Socket>((resolve) => server.once('connection', resolve));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const theirs = connect(address.port, '127.0.0.1');
  const firstRead = new Promise<string>((resolve) =>
    theirs.once('data', (bytes) => resolve(bytes.toString())),
  );
  const ours = await came;
  const end = () => {
    for (const socket of [ours, theirs]) socket.destroy();
    server.close();
  };
  return { ours, firstRead, end };
}

it.each<[string, boolean]>([
  ['before anything else of the turn', true],
  ['in the middle of it', false],
])('what is to be written last goes behind all of its turn, asked for %s', async (_when, first) => {
  const { ours, firstRead, end } = await pair();
  const write = (text: string) => {
    corkForThisTurn(ours);
    ours.write(text);
  };
  const last = () => writeLast(() => write('last'));
  if (first) last();
  write('one ');
  if (!first) last();
  write('two ');
  expect(await firstRead).toBe('one two last');
  end();
});
