import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { clientFrame, opcodes } from '../hostile/raw-socket.ts';
import { PingReader } from './ping-reader.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';

const BUFFER_BYTES = 64 * 1024;
/** Of all sockets of the process: what arrives is counted at once. */
const buffer = Buffer.alloc(BUFFER_BYTES);
/** Thousands are asked with the same cursor. */
const lastPong = { payload: '', frame: clientFrame(opcodes.pong, '') };

/** A WebSocket client without the parser: it answers pings and hands what arrives to the tally. */
export class CountingSocket {
  /** Resolves once the upgrade was answered, whatever it was answered. */
  readonly answered: Promise<void>;
  /** Resolves once what its target calls ready has come. */
  readonly ready: Promise<void>;
  readonly #socket: Socket;
  #head: string | undefined = '';
  #greeted = false;
  #leaving = false;
  readonly #pings = new PingReader();
  #noteAnswer: () => void = () => undefined;
  #settle: (problem?: Error) => void = () => undefined;

  constructor(
    private readonly target: Target,
    private readonly tally: Tally,
  ) {
    this.answered = new Promise((resolve) => (this.#noteAnswer = resolve));
    this.ready = new Promise((resolve, reject) => {
      this.#settle = (problem) => (problem === undefined ? resolve() : reject(problem));
    });
    // It may fail before somebody waits for it.
    this.ready.catch(() => undefined);
    const { port, path } = target;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      onread: { buffer, callback: (length) => this.#read(buffer.subarray(0, length)) },
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.#closed());
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
  }

  /** Resolves once it is gone. */
  leave(): Promise<void> {
    this.#leaving = true;
    const gone = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.destroy();
    return gone;
  }

  #read(bytes: Buffer): boolean {
    if (this.#head !== undefined) this.#readHead(bytes);
    else {
      const ping = this.#pings.take(bytes);
      if (ping !== undefined) this.#socket.write(pongWith(ping));
      this.tally.add(bytes);
    }
    return true;
  }

  #readHead(bytes: Buffer): void {
    const head = `${this.#head ?? ''}${bytes.toString('latin1')}`;
    this.#head = head;
    if (!head.includes('\r\n\r\n')) return;
    this.#noteAnswer();
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#settle(new Error(`refused: ${head.split('\r\n', 1)[0]}`));
      return;
    }
    const { hello, ready } = this.target;
    if (hello !== undefined && !this.#greeted) this.#socket.write(clientFrame(opcodes.text, hello));
    this.#greeted = true;
    if (!head.includes(ready)) return;
    this.#head = undefined;
    this.#settle();
  }

  #closed(): void {
    this.#noteAnswer();
    this.#settle(new Error('closed before it was ready'));
    if (!this.#leaving) this.tally.lost += 1;
  }
}

function pongWith(payload: string): Buffer {
  if (payload !== lastPong.payload)
    Object.assign(lastPong, { payload, frame: clientFrame(opcodes.pong, payload) });
  return lastPong.frame;
}
