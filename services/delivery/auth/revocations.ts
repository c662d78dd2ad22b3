import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import { RevocationList, type Bearer } from '../../../shared/revocations/revocation-list.ts';
import { RevocationStream } from '../../../shared/revocations/revocation-stream.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { Refused, Verify } from '../session/access.ts';

const MINUTE_MS = 60_000;

const BLOCKED: Refused = {
  refused: 'AUTH_FAILED',
  message: 'You may not connect any more. Ask the office that you book with.',
};
const OUTDATED: Refused = {
  refused: 'TOKEN_EXPIRED',
  message: 'The token was revoked. Come back with a new one.',
};

export interface RevocationsOptions {
  /** Something was revoked: some of those who are connected may have to go. */
  readonly onChange: () => void;
  readonly wall: WallClock;
  readonly logger: Logger;
}

/** Tokens that are good by their signature and claims, and not taken all the same. */
export class Revocations {
  readonly #list = new RevocationList();
  readonly #stream: RevocationStream;
  readonly #wall: WallClock;
  #forgetAtMs = 0;

  constructor(connection: BrokerConnection, options: RevocationsOptions) {
    this.#wall = options.wall;
    this.#stream = new RevocationStream(connection, { list: this.#list, ...options });
  }

  /** Whether all are known that the broker has. */
  get isCurrent(): boolean {
    return this.#stream.isCurrent;
  }

  /** How the bearer is refused. */
  refusalOf(bearer: Bearer): Refused | undefined {
    const verdict = this.#list.judge(bearer, unixMs(this.#wall()));
    if (verdict === undefined) return undefined;
    return verdict === 'blocked' ? BLOCKED : OUTDATED;
  }

  /** Resolves once they are. */
  whenCurrent(): Promise<void> {
    return this.#stream.whenCurrent();
  }

  /** By what is known: whoever enters is asked for again once that is all. */
  applyTo(verify: Verify): Verify {
    return async (token) => {
      const verdict = await verify(token);
      if ('refused' in verdict) return verdict;
      return this.refusalOf(verdict.principal) ?? verdict;
    };
  }

  /** Called about once a second. */
  tick(): void {
    const nowMs = unixMs(this.#wall());
    if (nowMs < this.#forgetAtMs) return;
    this.#forgetAtMs = nowMs + MINUTE_MS;
    this.#list.forgetEnded(nowMs);
  }

  close(): Promise<void> {
    return this.#stream.close();
  }
}
