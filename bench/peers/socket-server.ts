import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { Worker } from '../load/worker.ts';
import type { LoadEvent } from '../load/load-event.ts';
import { dataOf } from './event-data.ts';
import type { Peer, RunningPeer, Subscriber } from './peer.ts';

/** What a server of `servers/` answers once it listens. */
export interface ServerCalls {
  /** Where sockets come in, and where lines of `room TAB text` do. */
  ports(argument: object): Promise<{ readonly sockets: number; readonly lines: number }>;
}

/** How a socket of it is opened and answered. */
type Handshake = (subscriber: Subscriber) => { path: string; hello?: string; ready: string };

const plain: Handshake = ({ room }) => ({ path: `/?room=${room}`, ready: '\r\n\r\n' });

/** A server of ours in Node, which is told events over a bare socket, as cheaply as it goes. */
export function socketServer(
  name: string,
  script: string,
  args: readonly string[],
  handshake: Handshake = plain,
  prepare: (cache: string) => Promise<Readonly<Record<string, string>>> = () => Promise.resolve({}),
): Peer {
  return {
    name,
    start: async ({ cache, nodeOptions = '' }) => {
      const env = { ...(await prepare(cache)), NODE_OPTIONS: nodeOptions };
      const server = Worker.start<ServerCalls>(`peers/servers/${script}`, { args, env });
      const ports = await server.ask('ports', {});
      const lines = connect({ port: ports.lines, host: '127.0.0.1', noDelay: true });
      await once(lines, 'connect');
      return running(server, lines, (subscriber) => ({ port: ports.sockets, ...handshake(subscriber) }));
    },
  };
}

function running(server: Worker<ServerCalls>, lines: Socket, target: RunningPeer['target']): RunningPeer {
  return {
    pids: { server: [server.pid] },
    target,
    publish: (event) => {
      lines.write(lineOf(event));
      return Promise.resolve();
    },
    stop: () => {
      lines.destroy();
      return server.stop();
    },
  };
}

/** About as long as what roomcast's clients get. */
function lineOf(event: LoadEvent): string {
  const id = `bench-${event.number}`;
  const frame = { type: 'event', event: 'appointment.updated', id, data: dataOf(event) };
  return `${event.room}\t${JSON.stringify(frame)}\n`;
}
