import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds the TCP connections of a server. For one too many the oldest goes of those that run no request: whoever opens
 * connections and says nothing keeps nobody out who does.
 */
export class ConnectionBound {
  readonly #open = new Set<Socket>();
  /** Those without a request, in the order in which they came or were answered. */
  readonly #idle = new Set<Socket>();
  readonly #onClose = listener((socket) => this.#forget(socket));

  constructor(
    private readonly max: number,
    private readonly dropped: () => void = () => undefined,
  ) {}

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.on('request', ({ socket }, response) => {
      this.#idle.delete(socket);
      response.once('close', () => {
        if (this.#open.has(socket)) this.#idle.add(socket);
      });
    });
    server.on('upgrade', ({ socket }) => this.#idle.delete(socket));
  }

  #opened(socket: Socket): void {
    this.#open.add(socket);
    this.#idle.add(socket);
    socket.on('close', this.#onClose);
    if (this.#open.size <= this.max) return;
    const [oldest] = this.#idle;
    if (oldest === undefined) return;
    this.#forget(oldest);
    this.dropped();
    oldest.destroy();
  }

  #forget(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
  }
}

/** One for all sockets, which is told which of them: a closure for each, and what `once` makes around it, would be 250 bytes. */
function listener(told: (socket: Socket) => void): (this: Socket) => void {
  return function () {
    told(this);
  };
}
