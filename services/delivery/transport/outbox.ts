import type { Socket } from 'node:net';
import type { JoinedForms } from '../stream/entry-run.ts';
import type { EventForm, Framing } from '../stream/event-form.ts';
import type { Outlet } from '../stream/feed.ts';

const NOTHING = Buffer.alloc(0);
/** A client that does not take the end of its connection is cut off after this. */
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * A transport that writes to its socket. What waits for the client is the queue of that socket, bounded in bytes: the
 * events in it, and the answers in it. Apart, because a large event must not be refused for the answers ahead of it, nor
 * an answer for the event.
 */
export abstract class Outbox implements Outlet {
  /** Nothing more is taken. */
  protected isClosing = false;
  #bytesSent = 0;
  #answerBytes = 0;

  constructor(
    protected readonly socket: Socket,
    private readonly framing: Framing,
    private readonly maxBytes: number,
  ) {}

  /** Of what was written, whether the client has read it or not. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  get outboxBytes(): number {
    return this.socket.writableLength;
  }

  get isOpen(): boolean {
    return !this.isClosing;
  }

  /** A replay keeps to the socket's own mark too: 16 to 64 KiB, by the release of Node. */
  takes(event: EventForm): boolean {
    if (!this.socket.writable) return true;
    if (this.socket.writableNeedDrain) return false;
    return this.outboxBytes === 0 || this.outboxBytes + event.as(this.framing).byteLength <= this.maxBytes;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.socket.writable) return resolve();
      // Behind all that waits; called back as well when the socket is destroyed.
      this.socket.write(NOTHING, () => resolve());
    });
  }

  write(event: EventForm): boolean {
    if (this.isClosing || !this.socket.writable) return true;
    const wire = event.as(this.framing);
    const { byteLength } = wire;
    corkForThisTurn(this.socket);
    if (this.outboxBytes + byteLength > this.maxBytes) {
      // A burst within one turn has not been offered to the kernel yet; only what it refuses is an outbox.
      this.socket.uncork();
      // One event goes whatever its size: coming back would not make it smaller.
      const waiting = this.outboxBytes - this.#answerBytes;
      if (waiting > 0 && waiting + byteLength > this.maxBytes) return false;
    }
    this.#bytesSent += byteLength;
    this.socket.write(wire);
    return true;
  }

  /** What is not offered to the kernel yet goes event by event, and so does what a slow client does not take at once. */
  writeJoined(events: JoinedForms): boolean {
    if (this.isClosing || !this.socket.writable) return true;
    const wire = events.as(this.framing);
    if (this.outboxBytes + wire.byteLength > this.maxBytes) return false;
    corkForThisTurn(this.socket);
    this.#bytesSent += wire.byteLength;
    this.socket.write(wire);
    return true;
  }

  /** An answer; `false`: so many wait unread that nothing was queued. */
  protected sendBytes(answer: Buffer): boolean {
    if (this.isClosing || !this.socket.writable) return true;
    const fits = () => this.#answerBytes === 0 || this.#answerBytes + answer.byteLength <= this.maxBytes;
    if (!fits()) {
      this.socket.uncork();
      if (!fits()) return false;
    }
    this.#put(answer);
    return true;
  }

  /** Goes whatever waits. */
  protected sendLastBytes(answer: Buffer): void {
    if (!this.isClosing && this.socket.writable) this.#put(answer);
  }

  cutOff(): void {
    // The reason that was written in this turn goes to the kernel first.
    this.socket.uncork();
    this.socket.destroy();
  }

  protected cutOffInTime(): void {
    const timer = setTimeout(() => this.cutOff(), CLOSE_TIMEOUT_MS);
    this.socket.once('close', () => clearTimeout(timer));
  }

  #put(answer: Buffer): void {
    corkForThisTurn(this.socket);
    this.#bytesSent += answer.byteLength;
    this.#answerBytes += answer.byteLength;
    this.socket.write(answer, () => (this.#answerBytes -= answer.byteLength));
  }
}

const corked: Socket[] = [];
const lastWriters: (() => void)[] = [];

/**
 * Gathers what is written to a socket until the current callback has run, and hands it to the kernel in one call:
 * a burst of events costs one system call per socket instead of one per event, a single event waits for nothing.
 */
export function corkForThisTurn(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  if (corked.push(socket) === 1 && lastWriters.length === 0) process.nextTick(endTurn);
}

/** Has something written behind all that this turn writes, in the same call to the kernel. */
export function writeLast(write: () => void): void {
  if (lastWriters.push(write) === 1 && corked.length === 0) process.nextTick(endTurn);
}

function endTurn(): void {
  for (const write of lastWriters.splice(0)) write();
  for (const socket of corked.splice(0)) socket.uncork();
}
