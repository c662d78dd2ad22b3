import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { tokenFor } from '../support/tokens.ts';
import { poll, readStream } from './http-session.ts';
import type { Ledger } from './ledger.ts';
import type { Person } from './population.ts';
import type { Random } from './random.ts';
import { Receipts } from './receipts.ts';

const Frame = z.looseObject({
  type: z.string().optional(),
  event: z.string().optional(),
  id: z.string().optional(),
  cursor: z.string().optional(),
  code: z.string().optional(),
  room: z.string().optional(),
  recovered: z.boolean().optional(),
  replayed: z.number().optional(),
  reason: z.string().optional(),
  data: z.looseObject({ reason: z.string().optional(), truncated: z.boolean().optional() }).optional(),
});
type Frame = z.infer<typeof Frame>;

const HANDSHAKE_MS = 6_000;
const PING_MS = 3_000;
/** Without a word for so long the connection is dead to the client, whatever TCP says. */
const SILENCE_MS = 11_000;
/** Over HTTP the server gives a sign of life every 15 s. */
const HTTP_SILENCE_MS = 22_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 3_000;
const SHORT_TOKEN_S = 20;
const REFRESH_MS = 8_000;
const SMALL_FRAME_BYTES = 32 * 1024;
const JOURNAL_MAX = 2_000;

export interface ClientOptions {
  readonly secret: string;
  /** Any of them will do, each time anew. */
  readonly ports: readonly number[];
  readonly ledger: Ledger;
  readonly random: Random;
}

/**
 * A phone: connects anywhere, keeps the cursor of the last frame that had one, and comes back with it after whatever
 * ended the connection.
 */
export class Client {
  readonly receipts: Receipts;
  /** What happened to its connections, for whoever looks into a failure. */
  readonly journal: { atMs: number; what: string }[] = [];
  readonly resumes = new Map<string, number>();
  gaps = 0;
  /** Events that came in thin form, which is as good as whole. */
  thin = 0;
  firstConnectedMs: number | undefined;
  readonly #subscribing = new Map<string, () => void>();
  #ws: WebSocket | undefined;
  #http: AbortController | undefined;
  #cursor: string | undefined;
  #replaying = false;
  #stopped = false;
  #settled = false;
  #reading = true;
  #heardMs = 0;
  #backoffMs = FIRST_BACKOFF_MS;
  #done: Promise<void> = Promise.resolve();

  constructor(
    readonly person: Person,
    private readonly options: ClientOptions,
  ) {
    this.receipts = new Receipts(options.ledger, person.rooms);
  }

  start(): void {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cut();
    await this.#done;
  }

  /** From now on it stays connected. */
  settle(): void {
    this.#settled = true;
    this.readOn();
  }

  /** Asks for a room besides its own; resolves when the server says that what is published from now on arrives. */
  subscribe(room: string): Promise<void> {
    const subscribed = new Promise<void>((resolve) => this.#subscribing.set(room, resolve));
    this.#ws?.send(JSON.stringify({ action: 'subscribe', room }));
    return subscribed;
  }

  /** Hangs up without a word; it will be back in `awayMs`. */
  hangUp(awayMs: number): void {
    this.#backoffMs = awayMs;
    this.#cut();
  }

  /** Leaves what arrives unread: a phone with a bad connection. */
  stopReading(): void {
    this.#reading = false;
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.pause();
  }

  readOn(): void {
    this.#reading = true;
    this.#heardMs = performance.now();
    if (this.#ws?.isPaused === true) this.#ws.resume();
  }

  async #run(): Promise<void> {
    for (;;) {
      await (this.person.wire === 'WebSocket' ? this.#session() : this.#httpSession());
      await delay(this.options.random.between(this.#backoffMs / 2, this.#backoffMs));
      if (this.#hasStopped()) return;
      this.#backoffMs = Math.min(MAX_BACKOFF_MS, this.#backoffMs * 2);
    }
  }

  /** One connection, from the first packet to whatever ends it. */
  #session(): Promise<void> {
    const { random, ports } = this.options;
    const port = random.pick(ports);
    const inQuery = random.chance(0.3);
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws${inQuery ? this.#query() : ''}`, {
      handshakeTimeout: HANDSHAKE_MS,
      ...(this.person.habit === 'small frames' ? { maxPayload: SMALL_FRAME_BYTES } : {}),
    });
    this.#ws = ws;
    this.#replaying = this.#cursor !== undefined;
    this.#note(`connects to instance ${ports.indexOf(port)} with ${this.#cursor ?? 'no cursor'}`);
    const timers: NodeJS.Timeout[] = [];
    ws.on('open', () => {
      this.#heardMs = performance.now();
      if (!inQuery) ws.send(JSON.stringify({ action: 'auth', token: this.#token(), ...this.#entrance() }));
      timers.push(setInterval(() => this.#ping(ws), PING_MS));
      timers.push(...this.#habits(ws));
    });
    ws.on('message', (data: Buffer) => this.#receive(ws, data));
    ws.on('error', () => undefined);
    return new Promise((resolve) => {
      ws.once('close', (code) => {
        for (const timer of timers) clearTimeout(timer);
        this.#note(`closed with ${code}`);
        resolve();
      });
    });
  }

  /** As `#session`, over HTTP: nothing can be sent, and silence is longer. */
  async #httpSession(): Promise<void> {
    const { random, ports } = this.options;
    const port = random.pick(ports);
    const hangUp = (this.#http = new AbortController());
    this.#replaying = this.#cursor !== undefined;
    this.#note(`asks instance ${ports.indexOf(port)} with ${this.#cursor ?? 'no cursor'}`);
    const heard = () => (this.#heardMs = performance.now());
    heard();
    const silence = setInterval(() => {
      if (performance.now() - this.#heardMs > HTTP_SILENCE_MS)
        hangUp.abort(new Error('hears nothing any more'));
    }, PING_MS);
    const leave = this.#leaving(() => hangUp.abort(new Error('goes away')));
    const read = this.person.wire === 'SSE' ? readStream : poll;
    const end = await read({
      base: `http://127.0.0.1:${port}`,
      token: this.#token(),
      cursor: this.#cursor,
      rooms: this.person.extraRooms,
      signal: hangUp.signal,
      heard,
      frame: (frame) => this.#take(Frame.parse(frame)),
      note: (what) => this.#note(what),
    }).then(
      () => 'ended',
      (error: unknown) => String(error),
    );
    for (const timer of [silence, leave]) clearTimeout(timer);
    this.#note(end);
  }

  #cut(): void {
    this.#ws?.terminate();
    this.#http?.abort(new Error('hangs up'));
  }

  #receive(ws: WebSocket, data: Buffer): void {
    this.#heardMs = performance.now();
    const frame = Frame.parse(JSON.parse(data.toString()));
    if (frame.type === 'connected' && !this.#reading) ws.pause();
    this.#take(frame);
  }

  #take(frame: Frame): void {
    if (frame.event !== undefined) this.#event(frame);
    if (frame.type === 'connected') this.#connected(frame);
    if (frame.type === 'subscribed') this.#subscribing.get(frame.room ?? '')?.();
    if (frame.type === 'resumed') this.#resumed(frame);
    if (frame.type === 'error') this.#note(`error ${frame.code ?? '?'}`);
    if (frame.cursor !== undefined) this.#cursor = frame.cursor;
  }

  #connected({ cursor = '?' }: Frame): void {
    this.firstConnectedMs ??= performance.now();
    this.#backoffMs = FIRST_BACKOFF_MS;
    this.#note(`connected at ${cursor}`);
  }

  #resumed({ recovered = false, reason = '?', replayed = 0, cursor = '?' }: Frame): void {
    const outcome = recovered ? 'recovered' : reason;
    this.resumes.set(outcome, (this.resumes.get(outcome) ?? 0) + 1);
    this.#replaying = false;
    this.#note(`resumed: ${outcome}, ${replayed} replayed, at ${cursor}`);
  }

  #event({ id = '', event, data }: Frame): void {
    if (event === 'calendar.sync' && data?.reason === 'gap') {
      this.gaps += 1;
      this.#note('told of a gap');
    } else {
      if (data?.truncated === true) this.thin += 1;
      this.receipts.take(id, this.#replaying);
    }
  }

  #ping(ws: WebSocket): void {
    if (!this.#reading) return;
    if (performance.now() - this.#heardMs > SILENCE_MS) {
      this.#note('hears nothing any more');
      ws.terminate();
    } else if (ws.readyState === WebSocket.OPEN) {
      ws.send('{"action":"ping"}');
    }
  }

  #habits(ws: WebSocket): NodeJS.Timeout[] {
    const { random } = this.options;
    if (this.person.habit === 'refreshes') {
      return [
        setInterval(() => ws.send(JSON.stringify({ action: 'auth', token: this.#token() })), REFRESH_MS),
      ];
    }
    const leave = this.#leaving(() => (random.chance(0.5) ? ws.terminate() : ws.close()));
    return leave === undefined ? [] : [leave];
  }

  /** Goes away by itself after a while, if that is its habit. */
  #leaving(away: () => void): NodeJS.Timeout | undefined {
    const { random } = this.options;
    if (this.person.habit !== 'wanders' || this.#settled) return undefined;
    const leave = () => {
      if (this.#settled) return;
      this.#note('goes away');
      this.#backoffMs = random.between(500, 12_000);
      away();
    };
    return setTimeout(leave, random.between(1_000, 15_000));
  }

  #token(): string {
    const { person, options } = this;
    const ttlSeconds = person.habit === 'short tokens' ? SHORT_TOKEN_S : 900;
    return tokenFor(person.role, person.id, { secret: options.secret, ttlSeconds });
  }

  #entrance(): { cursor?: string; rooms?: readonly string[] } {
    const { extraRooms } = this.person;
    return {
      ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
      ...(extraRooms.length === 0 ? {} : { rooms: extraRooms }),
    };
  }

  #query(): string {
    const { cursor, rooms } = this.#entrance();
    const query = new URLSearchParams({ token: this.#token() });
    if (cursor !== undefined) query.set('cursor', cursor);
    if (rooms !== undefined) query.set('rooms', rooms.join(','));
    return `?${query.toString()}`;
  }

  #hasStopped(): boolean {
    return this.#stopped;
  }

  #note(what: string): void {
    this.journal.push({ atMs: performance.now(), what });
    if (this.journal.length > JOURNAL_MAX) this.journal.shift();
  }
}
