import { scaledMs, WAIT_MS } from './time.ts';

export type Frame = Readonly<Record<string, unknown>>;

/** How it ended: a close code of WebSocket's, or over HTTP the status. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** What a client received, buffered, so that a test can await frames in order. */
export abstract class FrameReader implements AsyncDisposable {
  readonly closed: Promise<Closed>;
  readonly frames: Frame[] = [];
  #read = 0;
  #wake: () => void = () => undefined;
  #closed: Closed | undefined;
  #close: (closed: Closed) => void = () => undefined;

  protected constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  /** The network goes away: no word of farewell. */
  abstract cut(): void;

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

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.closed;
  }

  protected get readCount(): number {
    return this.#read;
  }

  protected received(frame: Frame): void {
    this.frames.push(frame);
    this.#wake();
  }

  protected ended(closed: Closed): void {
    this.#closed ??= closed;
    this.#close(this.#closed);
    this.#wake();
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
