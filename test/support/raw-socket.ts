import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** Of the event loop that both sides share, and far more than a reset takes. */
const MAX_TURNS = 1_000;

/** A TCP connection on which a test writes bytes that no library would. */
export class RawSocket implements AsyncDisposable {
  /** The other side has let go of the connection, in whatever way. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      const over = () => {
        this.#isOver = true;
        resolve();
        this.#wake();
      };
      socket.once('end', over).once('close', over);
    });
  }

  /** Its own side stays open when the other side ends. */
  static async open(port: number): Promise<RawSocket> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const raw = new RawSocket(socket);
    await once(socket, 'connect');
    return raw;
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  /** Sends what there is and then nothing more; still reads. */
  end(): void {
    this.#socket.end();
  }

  /** Once enough has come for `holds`, or nothing more will. */
  async until(holds: (received: Buffer) => boolean): Promise<Buffer> {
    while (!holds(this.received)) {
      if (this.#isOver) throw new Error(`closed; got ${JSON.stringify(this.received.toString())}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.received;
  }

  /** All that came until the other side closed. */
  async answer(): Promise<string> {
    await this.closed;
    return this.received.toString();
  }

  /** Whether the other side, in this process, has let go of its socket and not only ended its half: then it resets what is written. */
  async isReset(): Promise<boolean> {
    for (let turns = 0; turns < MAX_TURNS && !this.#socket.destroyed; turns += 1) {
      this.#socket.write('x');
      await new Promise(setImmediate);
    }
    return this.#socket.destroyed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }
}
