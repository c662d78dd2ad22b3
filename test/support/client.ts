import { WebSocket, type ClientOptions } from 'ws';
import { FrameReader, type Frame } from './frame-reader.ts';

export type { Frame } from './frame-reader.ts';

/** A WebSocket client that buffers what it receives. */
export class TestClient extends FrameReader {
  private constructor(readonly ws: WebSocket) {
    super();
    ws.on('message', (data: Buffer) => this.received(JSON.parse(data.toString()) as Frame));
    ws.on('error', () => undefined);
    ws.once('close', (code: number, reason: Buffer) => this.ended({ code, reason: reason.toString() }));
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

  /** Proves that nothing is left to come from before now: a pong follows all that was written before it. */
  async quiet(): Promise<Frame[]> {
    const from = this.readCount;
    this.send({ action: 'ping' });
    await this.until({ type: 'pong' });
    return this.frames.slice(from, this.readCount - 1);
  }

  /** Leaves what arrives unread. */
  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  override cut(): void {
    this.ws.terminate();
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }
}
