import { WebSocket } from 'ws';
import { closedOr } from './waiting.ts';

const HANDSHAKE_TIMEOUT_MS = 20_000;
/** Without them a client that does not read is soon taken for dead. */
const PING_EVERY_MS = 5_000;

export interface PhoneOptions {
  readonly port: number;
  /** `undefined`: it never shows one. */
  readonly token: string | undefined;
  readonly cursor?: string | undefined;
  /** The end of the run. */
  readonly signal: AbortSignal;
}

/** One WebSocket of a client, until it is closed. */
export class Phone {
  /** Where it would resume. */
  cursor: string | undefined;
  /** `false`: it was closed before, or the run has ended. */
  readonly connected: Promise<boolean>;
  readonly resumed: Promise<boolean>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  #connectedAtMs: number | undefined;
  #waitedMs: number | undefined;
  readonly #ws: WebSocket;
  readonly #signal: AbortSignal;

  constructor({ port, token, cursor, signal }: PhoneOptions) {
    const query = new URLSearchParams({ ...(token && { token }), ...(cursor && { cursor }) });
    this.#signal = signal;
    this.cursor = cursor;
    const ws = new WebSocket(`ws://127.0.0.1:${port}/?${query.toString()}`, {
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.#ws = ws;
    ws.on('error', () => undefined);
    ws.on('message', (data: Buffer) => this.#read(data.toString()));
    this.closed = new Promise((resolve) => ws.once('close', resolve));
    this.connected = this.#says('connected');
    this.resumed = this.#says('resumed');
  }

  /** From `connected` to the first event, or until now; 0 where it was never connected. */
  get waitedMs(): number {
    const sinceMs = this.#connectedAtMs;
    return this.#waitedMs ?? (sinceMs === undefined ? 0 : performance.now() - sinceMs);
  }

  /** Reads on until so much time is over, it is closed, or the run ends. */
  async stay(ms: number): Promise<void> {
    await closedOr(this.closed, ms, this.#signal);
  }

  send(frame: object): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(JSON.stringify(frame));
  }

  /** Reads nothing more, and says that it is alive, until it is cut off or so much time is over. */
  async stayWithoutReading(ms: number): Promise<void> {
    this.#ws.pause();
    const pinging = setInterval(() => this.#ws.ping(), PING_EVERY_MS);
    await this.stay(ms);
    clearInterval(pinging);
  }

  /** As an app that is closed. */
  async leave(): Promise<void> {
    this.#ws.resume();
    this.#ws.close(1000);
    await this.closed;
  }

  /** As a phone in a tunnel. */
  cut(): void {
    this.#ws.terminate();
  }

  #read(frame: string): void {
    this.cursor = /"cursor":"([^"]+)"/.exec(frame)?.[1] ?? this.cursor;
    if (frame.startsWith('{"type":"connected"')) this.#connectedAtMs = performance.now();
    else if (frame.startsWith('{"event":')) this.#waitedMs ??= this.waitedMs;
  }

  #says(type: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#ws.on('message', (data: Buffer) => {
        if (data.toString().startsWith(`{"type":"${type}"`)) resolve(true);
      });
      const giveUp = () => resolve(false);
      this.#signal.addEventListener('abort', giveUp);
      void this.closed.then(() => {
        this.#signal.removeEventListener('abort', giveUp);
        giveUp();
      });
    });
  }
}
