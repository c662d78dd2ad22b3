import { WebSocket } from 'ws';

/** As an app: a client that was cut off is back after this, with its cursor. */
const BACK_AFTER_MS = 500;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** A client as PROTOCOL.md wants it, which notes when each event came. */
export class WellBehavedClient {
  readonly startedMs = performance.now();
  /** By id. */
  readonly arrivedMs = new Map<string, number>();
  /** How often it was cut off or turned away. */
  comebacks = 0;
  readonly connected: Promise<void>;
  #onConnected: () => void = () => undefined;
  #cursor: string | undefined;
  #ws: WebSocket;
  #back: NodeJS.Timeout | undefined;
  #leaving = false;

  constructor(private readonly url: string) {
    this.connected = new Promise((resolve) => (this.#onConnected = resolve));
    this.#ws = this.#connect();
  }

  leave(): void {
    this.#leaving = true;
    clearTimeout(this.#back);
    this.#ws.terminate();
  }

  #connect(): WebSocket {
    const cursor = this.#cursor === undefined ? '' : `&cursor=${this.#cursor}`;
    const ws = new WebSocket(this.url + cursor, { handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
    ws.on('message', (data: Buffer) => this.#read(data.toString()));
    ws.on('error', () => undefined);
    ws.on('close', () => {
      if (this.#leaving) return;
      this.comebacks += 1;
      this.#back = setTimeout(() => (this.#ws = this.#connect()), BACK_AFTER_MS);
    });
    return ws;
  }

  #read(frame: string): void {
    this.#cursor = /"cursor":"([^"]+)"/.exec(frame)?.[1] ?? this.#cursor;
    if (frame.startsWith('{"type":"connected"')) this.#onConnected();
    const id = /"id":"(h-\d+)"/.exec(frame)?.[1];
    if (id !== undefined && !this.arrivedMs.has(id)) this.arrivedMs.set(id, performance.now());
  }
}
