import type { Socket } from 'node:net';
import type { EventForm, Framing } from '../stream/event-form.ts';
import type { Outlet } from '../stream/feed.ts';
import { corkForThisTurn } from './turn.ts';

const NOTHING = Buffer.alloc(0);

/**
 * What waits for one client: the queue of its socket, bounded in bytes: the events in it, and the answers in it. Apart,
 * because a large event must not be refused for the answers ahead of it, nor an answer for the event.
 */
export class Outbox implements Outlet {
  readonly #socket: Socket;
  readonly #framing: Framing;
  readonly #maxBytes: number;
  #closed = false;
  #bytesSent = 0;
  #answerBytes = 0;

  constructor(socket: Socket, framing: Framing, maxBytes: number) {
    this.#socket = socket;
    this.#framing = framing;
    this.#maxBytes = maxBytes;
  }

  /** Of what was written, whether the client has read it or not. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  get bytes(): number {
    return this.#socket.writableLength;
  }

  /** A replay keeps to the socket's own mark too: 16 to 64 KiB, by the release of Node. */
  takes(event: EventForm): boolean {
    if (!this.#socket.writable) return true;
    if (this.#socket.writableNeedDrain) return false;
    return this.bytes === 0 || this.bytes + event.as(this.#framing).byteLength <= this.#maxBytes;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) return resolve();
      // Behind all that waits; called back as well when the socket is destroyed.
      this.#socket.write(NOTHING, () => resolve());
    });
  }

  write(event: EventForm): boolean {
    if (this.#closed || !this.#socket.writable) return true;
    const wire = event.as(this.#framing);
    const { byteLength } = wire;
    corkForThisTurn(this.#socket);
    if (this.bytes + byteLength > this.#maxBytes) {
      // A burst within one turn has not been offered to the kernel yet; only what it refuses is an outbox.
      this.#socket.uncork();
      // One event goes whatever its size: coming back would not make it smaller.
      const waiting = this.bytes - this.#answerBytes;
      if (waiting > 0 && waiting + byteLength > this.#maxBytes) return false;
    }
    this.#bytesSent += byteLength;
    this.#socket.write(wire);
    return true;
  }

  /** An answer; `false`: so many wait unread that nothing was queued. */
  send(answer: Buffer): boolean {
    if (this.#closed || !this.#socket.writable) return true;
    const fits = () => this.#answerBytes === 0 || this.#answerBytes + answer.byteLength <= this.#maxBytes;
    if (!fits()) {
      this.#socket.uncork();
      if (!fits()) return false;
    }
    this.#put(answer);
    return true;
  }

  /** Goes whatever waits. */
  sendLast(answer: Buffer): void {
    if (!this.#closed && this.#socket.writable) this.#put(answer);
  }

  /** Takes no more. */
  close(): void {
    this.#closed = true;
  }

  #put(answer: Buffer): void {
    corkForThisTurn(this.#socket);
    this.#bytesSent += answer.byteLength;
    this.#answerBytes += answer.byteLength;
    this.#socket.write(answer, () => (this.#answerBytes -= answer.byteLength));
  }
}
