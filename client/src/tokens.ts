import { RoomcastError, textOf, Unauthorized } from './errors.ts';
import type { Input } from './machine.ts';
import type { Clock } from './platform.ts';

/** `null` while nobody is signed in. */
export type GetToken = (() => string | null | Promise<string | null>) | null;

export type OnToken = (
  input: Extract<Input, 'tokenGot' | 'tokenNone' | 'tokenRefused' | 'tokenFailed'>,
  error?: RoomcastError,
) => void;

/** A token is renewed when a fifth of its time is left, and not more than this before its end. */
const MAX_MARGIN_MS = 60_000;
/** Sooner is never worth a renewal: then the clock of the device is wrong, or the token the old one. */
const MIN_WAIT_MS = 1_000;
/** A new token is taken to be good for as long until the server says. */
const NEW_MS = 30_000;

export interface Tokens {
  readonly current: string;
  /** When it has to be renewed; `undefined` where that is now. */
  renewInMs(): number | undefined;
  /** As the server says. */
  expireAt(epochMs: number): void;
  /** The next connect asks for another one. */
  forget(): void;
  /** The same, and an answer that is on its way counts no more. */
  giveUp(): void;
  /** The server does not take this one any more: it is not sent again. */
  refuse(token: string): void;
  use(token: string): void;
  fetch(): void;
}

/** The token in use, and one call of `getToken` at a time. */
export function createTokens(getToken: GetToken, clock: Clock, onToken: OnToken): Tokens {
  let current = '';
  let renewAt = 0;
  let refused: string | undefined;
  /** Of the call whose answer counts. */
  let call: object | undefined;
  const fail = (input: 'tokenRefused' | 'tokenFailed', code: string, cause: unknown) =>
    onToken(input, new RoomcastError(code, `getToken: ${textOf(cause)}`, cause));
  const use = (token: string) => {
    call = undefined;
    current = token;
    renewAt = clock.now() + NEW_MS;
    onToken('tokenGot');
  };
  const fetch = () => {
    if (call !== undefined) return;
    const own = (call = {});
    const ifWanted =
      <Answer>(then: (answer: Answer) => void) =>
      (answer: Answer) => {
        if (call !== own) return;
        call = undefined;
        then(answer);
      };
    new Promise<string | null>((resolve) => resolve(getToken?.() ?? null)).then(
      ifWanted((token) => {
        if (token === null) onToken('tokenNone');
        else if (token === refused) fail('tokenFailed', 'token_refused', 'the server refused this one');
        else use(token);
      }),
      ifWanted((error) => {
        if (error instanceof Unauthorized) fail('tokenRefused', 'unauthorized', error);
        else fail('tokenFailed', 'token_failed', error);
      }),
    );
  };
  return {
    get current() {
      return current;
    },
    renewInMs: () => {
      const ms = renewAt - clock.now();
      return ms > MIN_WAIT_MS ? ms : undefined;
    },
    expireAt: (epochMs) => {
      renewAt = epochMs - Math.min(MAX_MARGIN_MS, (epochMs - clock.now()) / 5);
    },
    forget: () => {
      renewAt = 0;
    },
    giveUp: () => {
      call = undefined;
      renewAt = 0;
    },
    refuse: (token) => {
      refused = token;
      renewAt = 0;
    },
    use,
    fetch,
  };
}
