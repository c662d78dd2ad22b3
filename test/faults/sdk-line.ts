import { WebSocket } from 'ws';
import type { RoomcastClient } from '../../client/src/index.ts';
import type { Line, LineOptions } from './line.ts';
import type { Receipts } from './receipts.ts';
import type { CreateRoomcast } from './sdk.ts';
import { watchedFetch, watchedWebSocket } from './watched-transports.ts';

const SMALL_FRAME_BYTES = 32 * 1024;
/** The instance is picked for each connection. */
const ANY_INSTANCE = 'http://delivery.test';

export interface SdkLineOptions extends LineOptions {
  readonly createRoomcast: CreateRoomcast;
  /** What its handler is given. */
  readonly handled: Receipts;
  readonly odd: (what: string) => void;
}

/** An app with the SDK, as on a phone. */
export class SdkLine implements Line {
  readonly #client: RoomcastClient;
  readonly #options: SdkLineOptions;
  #isStarted = false;
  #isReading = true;
  #socket: WebSocket | undefined;
  /** Of the stream, where there is one. */
  #streaming = new AbortController();

  constructor(options: SdkLineOptions) {
    this.#options = options;
    const { person, journey, ports, token, random } = options;
    const watched = { journey, ports, pickPort: () => random.pick(ports) };
    const opened = (socket: WebSocket) => this.#opened(socket);
    const maxPayload = person.habit === 'small frames' ? SMALL_FRAME_BYTES : undefined;
    this.#client = options.createRoomcast({
      serverUrl: ANY_INSTANCE,
      getToken: token,
      rooms: person.extraRooms,
      transport: person.wire === 'SSE' ? 'sse' : 'websocket',
      WebSocket: watchedWebSocket({ ...watched, maxPayload, opened }),
      fetch: this.#cuttable(watchedFetch(watched)),
    });
    this.#listen();
  }

  start(): void {
    this.#isStarted = true;
    this.#client.start();
  }

  stop(): void {
    this.#isStarted = false;
    this.#client.stop();
  }

  cut(): void {
    this.#socket?.terminate();
    this.#streaming.abort(new Error('is cut off'));
  }

  wake(): void {
    this.#client.wake();
  }

  /** Gets a new token, although it needs none. */
  refresh(): void {
    this.#client.refresh();
  }

  /** What the SDK has no call for. */
  send(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** Leaves what arrives unread: a phone with a bad connection. */
  stopReading(): void {
    this.#isReading = false;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  readOn(): void {
    this.#isReading = true;
    if (this.#socket?.isPaused === true) this.#socket.resume();
  }

  #opened(socket: WebSocket): void {
    this.#socket = socket;
    // Behind the frame that makes it a session.
    socket.once('message', () => {
      if (!this.#isReading) socket.pause();
    });
  }

  #cuttable(fetch: ReturnType<typeof watchedFetch>): ReturnType<typeof watchedFetch> {
    return (url, options) => {
      const streaming = (this.#streaming = new AbortController());
      const signal: AbortSignal = options.signal;
      signal.addEventListener('abort', () => streaming.abort(signal.reason));
      return fetch(url, { ...options, signal: streaming.signal as never });
    };
  }

  #listen(): void {
    const { person, journey, handled, odd } = this.#options;
    this.#client.on('event', ({ id }) => {
      if (!this.#isStarted) odd(`${person.name} was given ${id} after it was stopped`);
      handled.take(id, false);
    });
    this.#client.on('error', ({ code, message }) => journey.note(`SDK: ${code}, ${message}`));
    this.#client.on('gap', ({ reason }) => odd(`the handler of ${person.name} was told of a gap: ${reason}`));
    this.#client.on('status', ({ status }) => {
      journey.note(`SDK: ${status}`);
      if (status === 'stopped') odd(`the client of ${person.name} gave up`);
    });
  }
}
