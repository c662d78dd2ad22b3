import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { refusalOf } from './own-page.ts';

/**
 * What lies between the phones of the pages and delivery: each page's connection is passed on byte by byte, and cut when
 * the page says so, as a tunnel cuts it.
 */
export class Links {
  readonly #cut = new Set<string>();
  readonly #open = new Map<Duplex, string>();
  readonly #port: number;

  constructor(server: Server, deliveryPort: number) {
    this.#port = deliveryPort;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const name = new URL(request.url ?? '/', 'http://page').searchParams.get('link') ?? '';
      if (refusalOf(request, true) !== undefined) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      } else if (this.#cut.has(name)) socket.destroy();
      else this.#join(name, request, socket, head);
    });
  }

  cut(name: string): void {
    this.#cut.add(name);
    for (const [socket, owner] of this.#open) if (owner === name) socket.destroy();
  }

  heal(name: string): void {
    this.#cut.delete(name);
  }

  close(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #join(name: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const delivery = connect(this.#port, '127.0.0.1');
    this.#open.set(socket, name);
    socket.on('close', () => {
      this.#open.delete(socket);
      delivery.destroy();
    });
    delivery.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    delivery.write(`GET /ws HTTP/1.1\r\n${headersOf(request)}\r\n`);
    delivery.write(head);
    socket.pipe(delivery).pipe(socket);
  }
}

/** As they came. */
function headersOf({ rawHeaders }: IncomingMessage): string {
  let lines = '';
  for (let at = 0; at < rawHeaders.length; at += 2) lines += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return lines;
}
