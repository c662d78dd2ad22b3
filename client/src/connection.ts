import { createAlarm, type Alarm } from './alarm.ts';
import { backOffMs } from './backoff.ts';
import { verdictOf } from './close.ts';
import { parseFrame, type Frame } from './frames.ts';
import {
  TOKEN_MS,
  OPENING_MS,
  PONG_MS,
  PROBE_MS,
  STABLE_MS,
  MIN_APART_MS,
  ACKS_APART_MS,
  RENEWAL_FAILURES,
} from './limits.ts';
import { table, type Action, type Input, type State } from './machine.ts';
import type { Clock } from './platform.ts';
import { createTokens, type GetToken, type Tokens } from './tokens.ts';
import type { Link, OpenLink, Opening } from './transport.ts';

export interface ConnectionPorts {
  readonly clock: Clock;
  readonly getToken: GetToken;
  readonly openLink: OpenLink;
  /** What the next attempt begins with. */
  readonly opening: () => Promise<Omit<Opening, 'token'>>;
  readonly onState: (state: State) => void;
  readonly onFrame: (frame: Frame) => void;
  readonly onError: (code: string, problem: unknown) => void;
}

/** Carries out the table: inputs from timers, the link and `getToken`, one after the other. Each action is a method. */
export class Connection implements Record<Action, () => void> {
  #state: State = 'idle';
  /** Of this attempt; what comes of an older one counts no more. */
  #attempt: object | undefined;
  #link: Link | undefined;
  #attemptAt = 0;
  #failures = 0;
  #liveAt = Infinity;
  #heardAt = 0;
  #silenceMs = 0;
  /** The server has said how long to stay away. */
  #awayMs: number | undefined;
  #holdMs = 0;
  #isReported = false;
  /** When the next `ack` may go, where the server wants any. */
  #ackAt: number | undefined;
  readonly #ports: ConnectionPorts;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #renewal: Alarm;
  readonly #acking: Alarm;
  readonly #tokens: Tokens;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
    this.#clock = ports.clock;
    this.#alarm = createAlarm(ports.clock, () => this.input('wake'));
    this.#renewal = createAlarm(ports.clock);
    this.#acking = createAlarm(ports.clock);
    this.#tokens = createTokens(ports.getToken, ports.clock, (input, code, cause) => {
      if (code) this.#ports.onError(code, cause);
      this.input(input);
    });
  }

  input(input: Input): void {
    const cell = table[this.#state][input];
    if (!cell) return;
    const [next, ...actions] = cell;
    if (next !== 'same') this.#state = next;
    for (const action of actions) this[action]();
    // An action may have led further.
    if (this.#state === next) this.#ports.onState(next);
  }

  /** With a token from outside, or one from `getToken`. */
  refresh(token?: string): void {
    if (token) return this.#tokens.use(token);
    this.#tokens.forget();
    this.input('refresh');
  }

  /** The app has taken all up to there: says so where the server wants to know, the newest of a second. */
  ack(cursor: string): void {
    if (this.#ackAt === undefined) return;
    this.#acking.set(this.#ackAt - this.#clock.now(), () => {
      this.#ackAt = this.#clock.now() + ACKS_APART_MS;
      this.#link?.send({ action: 'ack', cursor });
    });
  }

  getToken(): void {
    if (this.#state !== 'token') return this.#tokens.fetch();
    this.#attemptAt = this.#clock.now();
    this.#expect(TOKEN_MS, 'token_failed', 'no token');
    if (this.#tokens.renewInMs()) this.input('tokenGot');
    else this.#tokens.fetch();
  }

  giveUp(): void {
    this.#tokens.giveUp();
  }

  open(): void {
    const attempt = (this.#attempt = {});
    const ifCurrent =
      <Args extends readonly unknown[]>(then: (...args: Args) => void) =>
      (...args: Args) => {
        if (this.#attempt === attempt) then(...args);
      };
    this.#awayMs = undefined;
    this.#isReported = false;
    this.#expect(OPENING_MS, 'unreachable', 'no session');
    const { current: token } = this.#tokens;
    void this.#ports.opening().then(
      ifCurrent((opening) => {
        try {
          this.#link = this.#ports.openLink(
            { ...opening, token },
            {
              frame: ifCurrent((text) => this.#received(text, token)),
              closed: ifCurrent((code, reason) => this.#closed(code, reason, token)),
            },
          );
        } catch (error) {
          this.#ports.onError('unreachable', error);
          this.input('refused');
        }
      }),
    );
  }

  drop(): void {
    this.#attempt = undefined;
    this.#link?.close();
    this.#link = undefined;
    this.#alarm.clear();
    this.#renewal.clear();
    this.#acking.clear();
    if (this.#clock.now() - this.#liveAt > STABLE_MS) this.#failures = 0;
    this.#liveAt = Infinity;
  }

  /** Until nothing has been heard for a while. */
  listen(): void {
    const leftMs = this.#heardAt + this.#silenceMs - this.#clock.now();
    // A clock that was set back does not make it longer.
    if (leftMs > 0) this.#alarm.set(Math.min(leftMs, this.#silenceMs), () => this.listen());
    else this.input('silent');
  }

  ping(deadlineMs = PONG_MS): void {
    this.#expect(deadlineMs, 'unreachable', 'no pong');
    this.#link?.send({ action: 'ping' });
  }

  probe(): void {
    this.ping(PROBE_MS);
  }

  sendToken(): void {
    this.#link?.send({ action: 'auth', token: this.#tokens.current });
  }

  renewLater(): void {
    this.#renew(this.#jitterMs(RENEWAL_FAILURES));
  }

  backOff(): void {
    this.#wait(this.#jitterMs(this.#failures++));
  }

  hold(): void {
    this.#wait(this.#holdMs);
  }

  hurry(): void {
    this.#failures = 0;
    this.#wait(this.#attemptAt + MIN_APART_MS - this.#clock.now());
  }

  #jitterMs(failures: number): number {
    return backOffMs(failures, this.#clock.random());
  }

  #wait(ms: number): void {
    this.#alarm.set(ms, () => this.input('due'));
  }

  #renew(ms: number): void {
    this.#renewal.set(ms, () => this.input('refresh'));
  }

  /** The deadline of a state, and what it means. */
  #expect(ms: number, code: string, text: string): void {
    this.#alarm.set(ms, () => {
      this.#ports.onError(code, `${text} for ${ms / 1000} s`);
      this.input('late');
    });
  }

  #received(text: string | undefined, token: string): void {
    this.#heardAt = this.#clock.now();
    this.input('heard');
    const frame = parseFrame(text);
    if (!frame) return;
    this.#ports.onFrame(frame);
    if ('event' in frame) return;
    if ('expires_at' in frame) {
      this.#tokens.expireAt(Date.parse(frame.expires_at));
      const renewInMs = this.#tokens.renewInMs();
      if (renewInMs) this.#renew(renewInMs);
    }
    if (frame.type === 'connected') {
      this.#silenceMs = frame.ping_interval_seconds * 1000;
      this.#ackAt = frame.acks ? 0 : undefined;
      this.#liveAt = this.#clock.now();
      this.input('connected');
      // It was renewed meanwhile.
      if (this.#tokens.current !== token) this.input('tokenGot');
    } else if (frame.type === 'going_away') {
      this.#awayMs = frame.reconnect_after_ms;
    } else if (frame.type === 'error') {
      this.#isReported = true;
      this.#ports.onError(frame.code, frame.message);
    }
  }

  #closed(code: number, reason: string, token: string): void {
    const { input, holdMs = 0, isTokenBad } = verdictOf(code, reason);
    const isAway = this.#awayMs !== undefined && input === 'failed';
    if (isTokenBad) this.#tokens.forget(token);
    if (!this.#isReported && !isAway) {
      this.#ports.onError('closed', `closed with ${code} ${reason}`);
    }
    // Not all at once that were sent away together.
    this.#holdMs = this.#awayMs ?? holdMs + this.#jitterMs(this.#failures);
    this.input(isAway ? 'toHold' : input);
  }
}
