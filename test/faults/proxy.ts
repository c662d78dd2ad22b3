import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Random } from './random.ts';

const GREETING_BYTES = 1_000;

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  /** No byte moves any more, and nobody is told: a route that is gone. */
  dead: boolean;
  /** The first bytes of the client, in which an AMQP connection says its name. */
  greeting: string;
  /** What is held back, oldest first; one timer waits for the first. */
  readonly waiting: { readonly dueMs: number; readonly step: () => void }[];
}

/**
 * The network between two processes, to be broken on purpose.
 *
 * | call       | connections there are          | new ones       | looks like                          |
 * | ---------- | ------------------------------ | -------------- | ----------------------------------- |
 * | `cut`      | end at once                    | pass           | a reset, a restarted load balancer  |
 * | `refuse`   | end at once                    | end at once    | a peer that is down                 |
 * | `halfOpen` | go silent for ever, stay open  | pass           | a NAT entry or route that was lost  |
 * | `freeze`   | go silent, go on after `heal`  | the same       | a congested or flapping route       |
 * | `delay`    | each byte comes later          | the same       | a long way                          |
 */
export class Proxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #targetPort: number | undefined;
  #refusing = false;
  #frozen = false;
  #delayMs = 0;

  private constructor() {
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#onConnection(client));
  }

  static async start(targetPort?: number): Promise<Proxy> {
    const proxy = new Proxy();
    proxy.#targetPort = targetPort;
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed');
    return address.port;
  }

  /** Where new connections lead; `undefined` while nobody listens there. */
  set targetPort(port: number | undefined) {
    this.#targetPort = port;
  }

  cut(): void {
    for (const link of this.#links) destroy(link);
  }

  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  /** Of the present connections, each with a probability. */
  halfOpen(random: Random, share: number): void {
    for (const link of this.#links) if (!link.dead && random.chance(share)) makeDead(link);
  }

  /** The AMQP connections whose name, which a client tells first, has these words in it. */
  halfOpenNamed(words: string): void {
    for (const link of this.#links) if (link.greeting.includes(words)) makeDead(link);
  }

  freeze(): void {
    this.#frozen = true;
    for (const { client, upstream } of this.#links) {
      client.pause();
      upstream.pause();
    }
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  heal(): void {
    this.#refusing = false;
    this.#frozen = false;
    this.#delayMs = 0;
    for (const { client, upstream, dead } of this.#links) {
      if (dead) continue;
      client.resume();
      upstream.resume();
    }
  }

  async close(): Promise<void> {
    this.refuse();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onConnection(client: Socket): void {
    if (this.#refusing || this.#targetPort === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(this.#targetPort, '127.0.0.1');
    const link: Link = { client, upstream, dead: false, greeting: '', waiting: [] };
    client.on('data', (chunk: Buffer) => {
      if (link.greeting.length < GREETING_BYTES) link.greeting += chunk.toString('latin1');
    });
    this.#links.add(link);
    this.#forward(link, client, upstream);
    this.#forward(link, upstream, client);
    if (this.#frozen) {
      client.pause();
      upstream.pause();
    } else {
      client.resume();
    }
  }

  #forward(link: Link, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => this.#later(link, () => this.#write(link, from, to, chunk)));
    from.on('end', () => this.#later(link, () => to.end()));
    // 'close' follows, and ends the other side.
    from.on('error', () => undefined);
    from.on('close', (hadError) => {
      if (hadError) to.destroy();
      else this.#later(link, () => to.end());
      if (link.client.destroyed && link.upstream.destroyed) this.#links.delete(link);
    });
  }

  /** First in, first out, whatever the delay becomes meanwhile: TCP does not swap bytes. */
  #later(link: Link, step: () => void): void {
    const dueMs = performance.now() + this.#delayMs;
    if (link.waiting.push({ dueMs, step }) === 1) this.#next(link);
  }

  #next(link: Link): void {
    for (;;) {
      const [first] = link.waiting;
      if (first === undefined) return;
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        setTimeout(() => this.#next(link), waitMs);
        return;
      }
      if (!link.dead) first.step();
      link.waiting.shift();
    }
  }

  #write(link: Link, from: Socket, to: Socket, chunk: Buffer): void {
    if (to.destroyed || to.write(chunk) || to.listenerCount('drain') > 0) return;
    from.pause();
    to.once('drain', () => {
      if (!link.dead && !this.#frozen) from.resume();
    });
  }
}

function makeDead(link: Link): void {
  link.dead = true;
  link.client.pause();
  link.upstream.pause();
}

function destroy({ client, upstream }: Link): void {
  client.destroy();
  upstream.destroy();
}
