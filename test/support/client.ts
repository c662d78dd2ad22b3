import { WebSocket, type ClientOptions } from 'ws';
import { scaledMs, WAIT_MS } from './time.ts';

export type Frame = Readonly<Record<string, unknown>>;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket client that buffers what it receives, so that a test can await frames in order. */
export class TestClient {
  readonly closed: Promise<Closed>;
  readonly frames: Frame[] = [];
  #read = 0;
  #wake: () => void = () => undefined;
  #closed: Closed | undefined;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as Frame);
      this.#wake();
    });
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      ws.once('close', (code: number, reason: Buffer) => {
        this.#closed = { code, reason: reason.toString() };
        resolve(this.#closed);
        this.#wake();
      });
    });
  }

  /** Resolves when the connection is open, or has been refused: then it is `closed`, with 1006. */
  static async open(
    url: string,
    options: { protocols?: string[]; ws?: ClientOptions } = {},
  ): Promise<TestClient> {
    const ws = new WebSocket(url, options.protocols ?? [], options.ws);
    const client = new TestClient(ws);
    await new Promise<void>((resolve) => {
      ws.once('open', resolve);
      ws.once('close', () => resolve());
    });
    return client;
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The next frame that has not been read; fails when the connection closes first. */
  async next(): Promise<Frame> {
    const deadlineMs = performance.now() + scaledMs(WAIT_MS);
    for (;;) {
      const frame = this.frames[this.#read];
      if (frame !== undefined) {
        this.#read += 1;
        return frame;
      }
      if (this.#closed !== undefined) {
        throw new Error(
          `closed with ${this.#closed.code} ${this.#closed.reason}; got ${JSON.stringify(this.frames)}`,
        );
      }
      await this.#arrival(deadlineMs);
    }
  }

  async take(count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  /** Reads on until a frame has these fields, and returns it. */
  async until(fields: Frame): Promise<Frame> {
    for (;;) {
      const frame = await this.next();
      if (Object.entries(fields).every(([name, value]) => frame[name] === value)) return frame;
    }
  }

  /** Reads on until this many events have come; frames that are no events are passed over. */
  async events(count: number): Promise<Frame[]> {
    const events: Frame[] = [];
    while (events.length < count) {
      const frame = await this.next();
      if ('event' in frame) events.push(frame);
    }
    return events;
  }

  /** Proves that nothing is left to come from before now: a pong follows all that was written before it. */
  async quiet(): Promise<Frame[]> {
    const from = this.#read;
    this.send({ action: 'ping' });
    await this.until({ type: 'pong' });
    return this.frames.slice(from, this.#read - 1);
  }

  /** The network goes away: no close frame. */
  cut(): void {
    this.ws.terminate();
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ws.terminate();
    await this.closed;
  }

  #arrival(deadlineMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          reject(new Error(`no frame in time; got ${JSON.stringify(this.frames.slice(-5))}`));
        },
        Math.max(0, deadlineMs - performance.now()),
      );
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
