import type { ErrorFrame, FrameErrorCode } from '../../../shared/contract/frames.ts';
import type { Room } from '../../../shared/contract/routing.ts';
import type { LineBudget } from '../../../shared/core/line-budget.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import { errorText } from '../../../shared/service/error-text.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { closeLabel, type DeliveryMetrics } from '../metrics.ts';
import type { Replay } from '../stream/replay.ts';
import type { Principal } from './access.ts';
import { refusedAtAuth, type RefusalLog, type RefusedClient } from './refusal-log.ts';
import type { SessionObserver } from './session-ports.ts';
import type { Arrival } from './transport.ts';

export interface SessionLogContext {
  readonly logger: Logger;
  readonly metrics: DeliveryMetrics;
  readonly refusals: RefusalLog;
  /** About those who are refused, or leave without a token. */
  readonly lines: LineBudget;
  readonly now: SteadyClock;
}

/** How far its client has got. */
interface Entrance {
  /** Until it is admitted. */
  readonly shownToken: string | undefined;
  readonly isAdmitted: boolean;
}

/** What is said of one session, in the log and in metrics. */
export class SessionLog implements SessionObserver {
  #refusedWith: Set<FrameErrorCode> | undefined;
  #turnedAway = false;

  constructor(
    private readonly who: { readonly id: number } & Pick<Arrival, 'transport' | 'client'>,
    private readonly entrance: Entrance,
    private readonly context: SessionLogContext,
  ) {}

  opened({ userId, role }: Principal, rooms: readonly Room[]): void {
    this.#say('info', { user_id: userId, role, rooms }, 'session opened');
  }

  refused({ code, message }: ErrorFrame): void {
    this.context.metrics.refusals.inc({ code });
    const atTheDoor = refusedAtAuth.find((one) => one === code);
    if (atTheDoor !== undefined && !this.entrance.isAdmitted) {
      this.#sayTurnedAway(atTheDoor, message);
      return;
    }
    // A client that repeats its mistake fills no log.
    if (this.#refusedWith?.has(code) === true) return;
    this.#refusedWith = (this.#refusedWith ?? new Set()).add(code);
    const leftOut = this.#takeLine();
    if (leftOut !== undefined)
      this.#say('warn', { code, reason: message, lines_left_out: leftOut }, 'refused');
  }

  resumed(outcome: Replay, replayed: number): void {
    const label = outcome.recovered ? 'recovered' : outcome.reason;
    this.context.metrics.resumes.inc({ outcome: label });
    this.#say('info', { outcome: label, replayed }, 'resumed');
  }

  failed(error: unknown): void {
    this.#say('error', { err: error, reason: errorText(error) }, 'a session step failed');
  }

  refusedByClient(largestBytes: number): void {
    const message = 'the client takes no event of this size: it gets thin ones';
    this.#say('warn', { largest_bytes: largestBytes }, message);
  }

  /** `principal`: who it was, if it was anybody. */
  closed(code: number, principal: Principal | undefined, { seconds, events }: Stay): void {
    this.context.metrics.closes.inc({ code: closeLabel(code) });
    const level = this.#isNamedOnClose(principal) ? 'info' : 'debug';
    this.#say(level, { code, seconds, events }, 'connection closed');
  }

  /** Everybody who was somebody. */
  #isNamedOnClose(principal: Principal | undefined): boolean {
    if (this.#turnedAway) return false;
    return principal !== undefined || this.#takeLine() !== undefined;
  }

  /** One line for a client that comes again and again, and none for its closes. */
  #sayTurnedAway(code: RefusedClient['code'], reason: string): void {
    this.#turnedAway = true;
    const who = { code, network: this.who.client.network, token: this.entrance.shownToken };
    const unsaid = this.context.refusals.count(who, this.context.now());
    if (unsaid === undefined) return;
    const counts = { refused_since_last_logged: unsaid.sinceLastLogged, lines_left_out: unsaid.leftOut };
    this.#say('warn', { code, reason, ...counts }, 'refused');
  }

  #takeLine(): number | undefined {
    return this.context.lines.take(this.who.client.network, this.context.now());
  }

  /** Not by a child logger for each session: to make one costs a good part of a connect. */
  #say(level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string): void {
    const { id, transport, client } = this.who;
    const { logger } = this.context;
    if (!logger.isLevelEnabled(level)) return;
    logger[level]({ connection_id: id, transport, remote_address: client.address, ...fields }, message);
  }
}

interface Stay {
  readonly seconds: number;
  /** That were written to it. */
  readonly events: number;
}
