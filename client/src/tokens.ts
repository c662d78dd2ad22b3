import { Unauthorized } from './errors.ts';
import { MAX_MARGIN_MS, MIN_WAIT_MS, NEW_MS } from './limits.ts';
import type { Input } from './machine.ts';
import type { Clock } from './platform.ts';

/** `null` while nobody is signed in. */
export type GetToken = (() => string | null | Promise<string | null>) | null;

export type OnToken = (
  input: Extract<Input, 'tokenGot' | 'tokenNone' | 'tokenRefused' | 'tokenFailed'>,
  code?: string,
  cause?: unknown,
) => void;

export interface Tokens {
  readonly current: string;
  /** When it has to be renewed; 0 where that is now. */
  renewInMs(): number;
  /** As the server says. */
  expireAt(epochMs: number): void;
  /** The next connect asks for another one; this one is not sent again. */
  forget(bad?: string): void;
  /** The same, and an answer that is on its way counts no more. */
  giveUp(): void;
  use(token: string): void;
  fetch(): void;
}

/** The token in use, and one call of `getToken` at a time. */
export function createTokens(getToken: GetToken, clock: Clock, onToken: OnToken): Tokens {
  let renewAt = 0;
  let refused: string | undefined;
  /** Of the call whose answer counts. */
  let call: object | undefined;
  const forget = (bad = refused) => {
    refused = bad;
    renewAt = 0;
  };
  const use = (token: string) => {
    call = undefined;
    tokens.current = token;
    renewAt = clock.now() + NEW_MS;
    onToken('tokenGot');
  };
  const fetch = () => {
    if (call) return;
    const own = (call = {});
    const ifWanted =
      <Answer>(then: (answer: Answer) => void) =>
      (answer: Answer) => {
        if (call !== own) return;
        call = undefined;
        then(answer);
      };
    (async () => (await getToken?.()) ?? null)().then(
      ifWanted((token) => {
        if (token === null) onToken('tokenNone');
        else if (token === refused) onToken('tokenFailed', 'token_refused', 'the server refused this one');
        else use(token);
      }),
      ifWanted((error) => {
        if (error instanceof Unauthorized) onToken('tokenRefused', 'unauthorized', error);
        else onToken('tokenFailed', 'token_failed', error);
      }),
    );
  };
  const tokens = {
    current: '',
    renewInMs: () => {
      const ms = renewAt - clock.now();
      return ms > MIN_WAIT_MS ? ms : 0;
    },
    expireAt: (epochMs: number) => {
      renewAt = epochMs - Math.min(MAX_MARGIN_MS, (epochMs - clock.now()) / 5);
    },
    forget,
    giveUp: () => {
      call = undefined;
      forget();
    },
    use,
    fetch,
  };
  return tokens;
}
