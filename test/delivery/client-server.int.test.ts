import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { ClientServer } from '../../services/delivery/transport/server.ts';
import { ConnectionBound } from '../../shared/service/connection-bound.ts';

const CONNECTIONS = '/proc/net/tcp';
const MAX_BACKLOG = '/proc/sys/net/core/somaxconn';
const SYN_SENT = '02';

/** Connections to a port by their state in hex, as Linux tells them. */
function inState(state: string, port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync(CONNECTIONS, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.filter(([, , remote, is]) => remote?.endsWith(end) === true && is === state).length;
}

(existsSync(CONNECTIONS) ? it : it.skip)(
  'more connections than Node takes by default come at once, and none has to try again',
  async () => {
    const server = new ClientServer([], new ConnectionBound(10_000));
    await server.listen(0, '127.0.0.1');
    const burst = Math.min(1_500, Number(readFileSync(MAX_BACKLOG, 'utf8')));
    // All in one turn of the loop: nobody is accepted meanwhile.
    const sockets = Array.from({ length: burst }, () => connect(server.port, '127.0.0.1'));
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const turnedAway = inState(SYN_SENT, server.port);
    for (const socket of sockets) socket.on('error', () => undefined).destroy();
    server.stopListening();
    expect(turnedAway).toBe(0);
  },
);
