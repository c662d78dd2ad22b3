import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Calls for each line `room TAB text` that comes in by a bare socket; resolves with its port. */
export async function listenForLines(onLine: (room: string, text: string) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    createInterface({ input: socket }).on('line', (line) => {
      const tab = line.indexOf('\t');
      onLine(line.slice(0, tab), line.slice(tab + 1));
    });
  });
  return listen(server);
}

/** On a free port, with a backlog for a swarm that comes at once. */
export async function listen(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server as Server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Members by room. */
export class Rooms<Member> {
  readonly #rooms = new Map<string, Set<Member>>();

  /** Returns how to leave it. */
  enter(room: string, member: Member): () => void {
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(member));
    return () => void members.delete(member);
  }

  of(room: string): Iterable<Member> {
    return this.#rooms.get(room) ?? [];
  }
}
