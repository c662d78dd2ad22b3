import { WebSocket } from 'ws';

/** As an app: a client that was cut off is back after this, with its cursor. */
const BACK_AFTER_MS = 500;
const HANDSHAKE_TIMEOUT_MS = 10_000;

const EVENT_BEGIN = Buffer.from('{"event":');
/** Of the events that are published to be noted. */
const ID_BEGIN = Buffer.from('"id":"h-');
/** Of an event, in which its id stands before its cursor. */
const END_BYTES = 128;
/** Stands for all that was left out of what a client without a cursor is sent: it loads anew. */
const GAP_BEGIN = Buffer.from('{"event":"calendar.sync","data":{"reason":"gap"}');

/** A client as PROTOCOL.md wants it, which notes when each event came. */
export class WellBehavedClient {
  readonly startedMs = performance.now();
  /** By id. */
  readonly arrivedMs = new Map<string, number>();
  /** When it was told, as it came without a cursor, to load anew: what was sent before is seen then. */
  toldMs = Number.NEGATIVE_INFINITY;
  /** How often it was cut off or turned away. */
  comebacks = 0;
  readonly connected: Promise<void>;
  #onConnected: () => void = () => undefined;
  /** The newest frame with a cursor: an event is read only if it is one to note, for thousands may come in a second. */
  #newest: string | Buffer = '';
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
    const cursor = cursorIn(this.#newest.toString());
    const ws = new WebSocket(this.url + (cursor === undefined ? '' : `&cursor=${cursor}`), {
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    ws.on('message', (data: Buffer) => {
      if (cursor === undefined && data.subarray(0, GAP_BEGIN.byteLength).equals(GAP_BEGIN))
        this.toldMs = performance.now();
      this.#read(data);
    });
    ws.on('error', () => undefined);
    ws.on('close', () => {
      if (this.#leaving) return;
      this.comebacks += 1;
      this.#back = setTimeout(() => (this.#ws = this.#connect()), BACK_AFTER_MS);
    });
    return ws;
  }

  #read(frame: Buffer): void {
    if (frame.subarray(0, EVENT_BEGIN.byteLength).equals(EVENT_BEGIN)) {
      this.#newest = frame;
      if (frame.includes(ID_BEGIN, -END_BYTES)) this.#note(frame.toString());
      return;
    }
    const text = frame.toString();
    if (cursorIn(text) !== undefined) this.#newest = text;
    if (text.startsWith('{"type":"connected"')) this.#onConnected();
  }

  #note(event: string): void {
    const id = /"id":"(h-\d+)"/.exec(event)?.[1];
    if (id !== undefined && !this.arrivedMs.has(id)) this.arrivedMs.set(id, performance.now());
  }
}

function cursorIn(frame: string): string | undefined {
  return /"cursor":"([^"]+)"/.exec(frame)?.[1];
}
