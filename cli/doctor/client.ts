import { WebSocket } from 'ws';
import { z } from 'zod';

const Frame = z.looseObject({
  type: z.string().optional(),
  event: z.string().optional(),
  id: z.string().optional(),
  room: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});
type Frame = z.infer<typeof Frame>;

/** How a session went up to the frame that was waited for. */
export type Seen =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'ended'; readonly why: string }
  | { readonly kind: 'silent' };

/** A client of the doctor's own: one session, no coming back. */
export class Client {
  readonly rooms: string[] = [];
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  #ended: string | undefined;
  #wake: () => void = () => undefined;

  constructor(url: URL, token: string, waitMs: number) {
    this.#socket = new WebSocket(url, { handshakeTimeout: waitMs });
    this.#socket.on('open', () => this.#socket.send(JSON.stringify({ action: 'auth', token })));
    this.#socket.on('message', (data: Buffer) => this.#take(data.toString()));
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', (code, reason) => this.#end(`closed with ${code} ${reason.toString()}`.trim()));
  }

  /** Up to the first frame of which this is so, or an error frame, or the end. */
  async until(wanted: (frame: Frame) => boolean, waitMs: number): Promise<Seen> {
    const deadlineMs = performance.now() + waitMs;
    for (;;) {
      const frame = this.#frames.shift();
      if (frame?.type === 'error') {
        return { kind: 'refused', code: frame.code ?? '', message: frame.message ?? '' };
      }
      if (frame !== undefined && wanted(frame)) return { kind: 'frame', frame };
      if (frame !== undefined) continue;
      if (this.#ended !== undefined) return { kind: 'ended', why: this.#ended };
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return { kind: 'silent' };
      await this.#next(leftMs);
    }
  }

  close(): void {
    this.#socket.terminate();
  }

  #take(text: string): void {
    const frame = Frame.safeParse(JSON.parse(text));
    if (!frame.success) return this.#end('a frame is none of roomcast');
    if (frame.data.type === 'subscribed' && frame.data.room !== undefined) this.rooms.push(frame.data.room);
    this.#frames.push(frame.data);
    this.#wake();
  }

  #end(why: string): void {
    this.#ended ??= why;
    this.#wake();
  }

  #next(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
