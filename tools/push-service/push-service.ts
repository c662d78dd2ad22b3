import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from './self-signed.ts';

/** What a push service was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

type Answer = Reply | 'silence';
/** A promise holds the answer back. */
type Responder = (asked: Asked) => Answer | Promise<Answer>;

/** Stands in for a push service, with real TLS: keeps what it was asked and answers what a test says. */
export class PushService {
  readonly asked: Asked[] = [];
  /** Connections that were made to it. */
  connections = 0;
  respond: Responder = () => ({ status: 201 });
  readonly #sessions: ServerHttp2Session[] = [];
  #waiters: (() => void)[] = [];

  private constructor(
    readonly ca: string,
    private readonly server: Server | Http2SecureServer,
  ) {}

  /** Over HTTP/1.1, as all but Apple are asked. */
  static async start(): Promise<PushService> {
    const { key, cert } = selfSigned();
    return new PushService(cert, createServer({ key, cert })).#listen();
  }

  /** Over HTTP/2 alone, as Apple is. */
  static async startHttp2(): Promise<PushService> {
    const { key, cert } = selfSigned();
    return new PushService(cert, createSecureServer({ key, cert })).#listen();
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** The only one that it was asked. */
  get only(): Asked {
    const [first, ...others] = this.asked;
    if (first === undefined || others.length > 0) throw new Error(`was asked ${this.asked.length} times`);
    return first;
  }

  async askedTimes(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** As Apple does now and then: those who are connected have to come again. */
  goAway(): void {
    for (const session of this.#sessions) session.goaway();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    if ('closeAllConnections' in this.server) this.server.closeAllConnections();
    for (const session of this.#sessions) session.destroy();
    await closed;
  }

  async #listen(): Promise<this> {
    this.server.on('secureConnection', () => (this.connections += 1));
    this.server.on('session', (session: ServerHttp2Session) => this.#sessions.push(session));
    this.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response);
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const asked = { method, path, headers, body: Buffer.concat(chunks) };
    const reply = await this.respond(asked);
    if (reply !== 'silence') {
      const { status, headers: answered = {}, body = '' } = reply;
      response.writeHead(status, answered);
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }
    this.asked.push(asked);
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
