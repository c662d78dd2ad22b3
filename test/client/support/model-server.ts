import type { RoomcastEvent } from '../../../client/src/frames.ts';
import type { WebSocketConstructor, WebSocketLike } from '../../../client/src/platform.ts';
import type { FakePlatform } from './fake-platform.ts';

const PING_S = 25;
const LATENCY_MS = 5;
/** Of events just before the cursor that a resume brings again. */
const REPEATED = 2;

interface Auth {
  readonly action: string;
  readonly token: string;
  readonly cursor?: string;
  readonly rooms?: readonly string[];
}

/** The server as PROTOCOL.md has it, for one user, on the clock of a test. A token is `token-N until TIME`. */
export class ModelServer {
  readonly log: RoomcastEvent[] = [];
  readonly sockets: ModelSocket[] = [];
  /** As the upgrades are answered: taken, refused, or not at all. */
  mode: 'up' | 'down' | 'silent' = 'up';
  /** How a resume that finds nothing ends. */
  forgotten: string | undefined;
  tokens = 0;
  /** Whether it keeps what an app has taken. */
  takesAcks = false;
  readonly WebSocket: WebSocketConstructor;

  constructor(readonly clock: FakePlatform) {
    const open = (url: string) => new ModelSocket(this, url);
    // Called with `new`, a function gives what it returns.
    this.WebSocket = function (url: string) {
      return open(url);
    } as unknown as WebSocketConstructor;
  }

  /** One that is good for so long. */
  issue(ms = 3_600_000): string {
    this.tokens += 1;
    return `token-${this.tokens} until ${Math.round(this.clock.now() + ms)}`;
  }

  get open(): readonly ModelSocket[] {
    return this.sockets.filter(({ isOpen }) => isOpen);
  }

  /** The newest one. */
  get socket(): ModelSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nobody connected yet');
    return socket;
  }

  publish(change: Partial<RoomcastEvent> = {}): RoomcastEvent {
    const number = this.log.length + 1;
    const plain: RoomcastEvent = {
      event: 'appointment.created',
      data: { id: number },
      timestamp: new Date(this.clock.now()).toISOString(),
      id: `event-${number}`,
      cursor: cursorOf(number),
    };
    const event = Object.assign(plain, change);
    this.log.push(event);
    for (const socket of this.open) if (socket.isLive) socket.write(event);
    return event;
  }

  /** Tells each session when to come back, and ends it. */
  drain(ms?: number): void {
    for (const socket of this.open) {
      if (ms !== undefined) socket.write({ type: 'going_away', reconnect_after_ms: ms });
      socket.end(1012, 'restarting: come back after a random delay');
    }
  }

  cut(): void {
    for (const socket of this.open) socket.end(1006, '');
  }

  /** The path of every socket goes dead without a word. */
  freeze(): void {
    for (const socket of this.open) socket.isDead = true;
  }

  /** What a session begins with; `missed` is undefined without a cursor. */
  openingFrames(cursor: string | undefined): readonly object[] {
    const newest = cursorOf(this.log.length);
    const connected = {
      type: 'connected',
      cursor: cursor ?? newest,
      ping_interval_seconds: PING_S,
      ...(this.takesAcks && { acks: true }),
    };
    if (cursor === undefined) return [connected];
    if (this.forgotten !== undefined) {
      const gap = {
        event: 'calendar.sync',
        data: { reason: 'gap' },
        id: `gap-${this.sockets.length}`,
        cursor: newest,
      };
      const resumed = {
        type: 'resumed',
        recovered: false,
        replayed: 0,
        cursor: newest,
        reason: this.forgotten,
      };
      return [connected, resumed, gap];
    }
    const missed = this.log.slice(Math.max(0, numberOf(cursor) - REPEATED));
    return [
      connected,
      ...missed,
      { type: 'resumed', recovered: true, replayed: missed.length, cursor: newest },
    ];
  }
}

export class ModelSocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  readonly received: Auth[] = [];
  isOpen = true;
  isLive = false;
  isDead = false;
  /** When the token ends the session. */
  #until = Infinity;

  constructor(
    private readonly server: ModelServer,
    readonly url: string,
  ) {
    server.sockets.push(this);
    if (server.mode === 'silent') this.isDead = true;
    this.#later(() => {
      if (server.mode === 'down') this.end(1006, '');
      else this.onopen?.({} as never);
    });
  }

  /** The cursors of what the app has taken. */
  get acks(): readonly (string | undefined)[] {
    return this.received.filter(({ action }) => action === 'ack').map(({ cursor }) => cursor);
  }

  get auths(): readonly Auth[] {
    return this.received.filter(({ action }) => action === 'auth');
  }

  send(text: string): void {
    const frame = JSON.parse(text) as Auth;
    this.received.push(frame);
    this.#later(() => {
      if (frame.action === 'ping') this.write({ type: 'pong' });
      if (frame.action === 'auth') this.#auth(frame);
    });
  }

  close(): void {
    this.isOpen = false;
  }

  write(frame: object): void {
    this.#later(() => this.onmessage?.({ data: JSON.stringify(frame) } as never));
  }

  /** Nothing that is written later arrives. */
  end(code: number, reason: string): void {
    this.#later(() => {
      this.isOpen = false;
      this.onclose?.({ code, reason } as never);
    });
    this.isLive = false;
  }

  #auth({ token, cursor }: Auth): void {
    const until = Number(/ until (\d+)$/.exec(token)?.[1]);
    if (!(until > 0)) return this.#refuse('AUTH_FAILED', 3000, this.isLive);
    if (until <= this.server.clock.now()) return this.#refuse('TOKEN_EXPIRED', 4001, this.isLive);
    this.#until = until;
    this.server.clock.after(until - this.server.clock.now(), () => {
      if (this.isLive && this.#until === until) this.#refuse('TOKEN_EXPIRED', 4001);
    });
    const expires_at = new Date(until).toISOString();
    if (this.isLive) return this.write({ type: 'refreshed', expires_at });
    this.isLive = true;
    for (const frame of this.server.openingFrames(cursor)) {
      this.write('type' in frame && frame.type === 'connected' ? { ...frame, expires_at } : frame);
    }
  }

  #refuse(code: string, closeCode: number, isRefresh = false): void {
    this.write({ type: 'error', code, message: `${code} of the test` });
    if (!isRefresh) this.end(closeCode, 'refused');
  }

  /** In order; what is under way to a connection that is gone is gone too. */
  #later(then: () => void): void {
    this.server.clock.after(LATENCY_MS, () => {
      if (this.isOpen && !this.isDead) then();
    });
  }
}

const cursorOf = (number: number) => `cursor-${number}`;
const numberOf = (cursor: string) => Number(cursor.slice('cursor-'.length));
