import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import jwt from 'jsonwebtoken';

export interface FakePairOptions {
  readonly secret: string;
  readonly key: string;
  /** How far its clock is ahead. */
  readonly aheadMs?: number;
  /** In its health report. */
  readonly reasons?: readonly { readonly code: string; readonly message: string }[];
}

/** Both services and their health on one port, as a client sees them: no broker, one room for everybody. */
export class FakePair {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor(private readonly options: FakePairOptions) {
    this.#server = createServer((asked, answer) => this.#answer(asked, answer));
    this.#server.on('upgrade', (asked, socket, head) =>
      this.#sockets.handleUpgrade(asked, socket, head, (client) => this.#greet(client)),
    );
  }

  static async start(options: FakePairOptions): Promise<FakePair> {
    const pair = new FakePair(options);
    await listening(pair.#server);
    return pair;
  }

  get port(): number {
    return portOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    await closed(this.#server);
  }

  #greet(client: WebSocket): void {
    const say = (frame: object) => client.send(JSON.stringify(frame));
    client.on('message', (data: Buffer) => {
      const { token } = JSON.parse(data.toString()) as { token: string };
      if (!this.#isGood(token)) {
        say({ type: 'error', code: 'AUTH_FAILED', message: 'No key of this installation signed it.' });
        client.close(3000);
        return;
      }
      say({ type: 'subscribed', room: 'customer_6' });
      say({ type: 'connected', cursor: 'C' });
    });
  }

  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    const { aheadMs = 0, reasons = [], key } = this.options;
    answer.setHeader('Date', new Date(Date.now() + aheadMs).toUTCString());
    const path = asked.url ?? '';
    if (path.startsWith('/health')) {
      answer.end(JSON.stringify({ status: reasons.length === 0 ? 'healthy' : 'unhealthy', reasons }));
    } else if (path === '/v1/stream') {
      answer.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('event: roomcast\ndata: {}\n\n');
    } else if (path === '/v1/events') {
      this.#publish(asked, answer, key);
    } else {
      answer.writeHead(426).end('Connect by WebSocket.');
    }
  }

  #publish(asked: IncomingMessage, answer: ServerResponse, key: string): void {
    let body = '';
    asked.on('data', (part: Buffer) => (body += part.toString()));
    asked.on('end', () => {
      const isGood = asked.headers.authorization === `Bearer ${key}`;
      if (isGood) for (const client of this.#sockets.clients) client.send(body);
      answer.writeHead(isGood ? 202 : 401).end('{}');
    });
  }

  #isGood(token: string): boolean {
    try {
      jwt.verify(token, this.options.secret);
      return true;
    } catch {
      return false;
    }
  }
}

/** A reverse proxy as it is without the lines of ours: it passes no upgrade on, and an answer when it has all of it. */
export class PlainProxy {
  readonly #server: Server;

  private constructor(target: number, { passesUpgrades }: { passesUpgrades: boolean }) {
    this.#server = createServer((asked, answer) => {
      const headers = { ...asked.headers };
      delete headers.connection;
      delete headers.upgrade;
      const { url, method } = asked;
      const passed = request({ host: '127.0.0.1', port: target, path: url, method, headers }, (their) => {
        const parts: Buffer[] = [];
        their.on('data', (part: Buffer) => parts.push(part));
        their.on('error', () => answer.destroy());
        their.on('end', () =>
          answer.writeHead(their.statusCode ?? 502, their.headers).end(Buffer.concat(parts)),
        );
      });
      passed.on('error', () => answer.destroy());
      answer.on('close', () => passed.destroy());
      asked.pipe(passed);
    });
    if (passesUpgrades)
      this.#server.on('upgrade', (asked, socket) => {
        const passed = request({ host: '127.0.0.1', port: target, path: asked.url, headers: asked.headers });
        passed.on('upgrade', (their, theirSocket) => {
          const lines = Object.entries(their.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
          socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
          socket.pipe(theirSocket).pipe(socket);
          for (const [one, other] of [
            [socket, theirSocket],
            [theirSocket, socket],
          ] as const) {
            one.on('error', () => other.destroy()).on('close', () => other.destroy());
          }
        });
        passed.end();
      });
  }

  static async before(target: number, options: { passesUpgrades: boolean }): Promise<PlainProxy> {
    const proxy = new PlainProxy(target, options);
    await listening(proxy.#server);
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closed(this.#server);
  }
}

async function listening(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
