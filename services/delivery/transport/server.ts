import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientAddresses } from '../../../shared/service/client-addresses.ts';
import { FirstRequests } from '../../../shared/service/first-requests.ts';
import { answerBroken, boundedMessages, smallRequests } from '../../../shared/service/http-limits.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Arrival } from '../session/transport.ts';
import type { ConnectionBound } from '../../../shared/service/connection-bound.ts';
import type { Handshakes } from './handshakes.ts';

/**
 * Connections that the kernel takes before we do; Linux bounds it by net.core.somaxconn. Beyond, it drops what comes, and a
 * client tries again after 1, 3 and 7 s: Node's 511 are less than what comes back after a restart, or than one attacker opens.
 */
const BACKLOG = 2_048;

/** A transport on the port for clients. */
export interface Mount {
  /** Answers a plain request, or leaves it to the next mount: `false`. */
  request(request: IncomingMessage, response: ServerResponse): boolean;
  /** Takes `destroyOnError` off the socket once it listens for errors itself. */
  upgrade?(request: IncomingMessage, head: Buffer): void;
}

/** What each transport asks of the service. */
export interface MountOptions {
  readonly clients: Pick<ClientAddresses, 'of'>;
  readonly handshakes: Pick<Handshakes, 'enter'>;
  /** Of pages that may connect, and read the answers; `*` for all. */
  readonly allowedOrigins: readonly string[];
  readonly arrived: (arrival: Arrival) => void;
  /** Nobody arrived; the session of a client that did tells of its refusals itself. */
  readonly refused: (code: string) => void;
  readonly now: SteadyClock;
}

/** The port for clients, shared by all transports; a request goes to the first that takes it. */
export class ClientServer {
  readonly #http: Server;

  constructor(mounts: readonly Mount[], connections: ConnectionBound) {
    this.#http = createServer({ ...smallRequests, ...boundedMessages });
    connections.watch(this.#http);
    this.#http.on('clientError', answerBroken);
    const firstRequests = new FirstRequests();
    this.#http.on('request', (request, response) => {
      firstRequests.take(request.socket, () => mounts.some((mount) => mount.request(request, response)));
    });
    this.#http.on('upgrade', (request, socket, head) => {
      // A connection that breaks before the handshake is not ours to fall over.
      socket.on('error', destroyOnError);
      firstRequests.take(socket, () => {
        // One request too many comes like this as well.
        if (socket.destroyed) return;
        for (const mount of mounts) mount.upgrade?.(request, head);
      });
    });
  }

  async listen(port: number, host: string): Promise<void> {
    this.#http.listen({ port, host, backlog: BACKLOG });
    await once(this.#http, 'listening');
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Takes no new connections; those that there are live on. */
  stopListening(): void {
    this.#http.close();
    this.#http.closeIdleConnections();
  }
}

/** One for all sockets: made for each, it would keep the request, and the token in its URL, for as long as the connection. */
export function destroyOnError(this: Duplex): void {
  this.destroy();
}
