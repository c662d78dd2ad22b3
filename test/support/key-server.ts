import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse) => void;

/** Where an issuer publishes its keys, over real HTTP: answers what a test says, and goes away. */
export class KeyServer {
  answer: Answer = () => undefined;
  asked = 0;
  #server: Server;
  #port = 0;
  #wake: () => void = () => undefined;

  private constructor() {
    this.#server = this.#create();
  }

  static async start(keySet: string): Promise<KeyServer> {
    const server = new KeyServer();
    server.publish(keySet);
    await server.comeBack();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/jwks.json`;
  }

  publish(keySet: string): void {
    this.answer = (response) => response.setHeader('content-type', 'application/json').end(keySet);
  }

  async goAway(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.#server = this.#create();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Resolves once it was asked so often. */
  async askedTimes(count: number): Promise<void> {
    while (this.asked < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goAway();
  }

  #create(): Server {
    return createServer((_request, response) => {
      this.asked += 1;
      this.answer(response);
      this.#wake();
    });
  }
}
