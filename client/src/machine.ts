/**
 * The life of a connection as a table. Everything that happens is one input; a state that has no cell for it stays as it
 * is. What carries out the actions is `connection.ts`.
 */

/** `held` waits because the server said how long, `waiting` because an attempt failed: only that is cut short by a wake. */
export type State =
  | 'idle'
  | 'signedOut'
  | 'stopped'
  | 'token'
  | 'opening'
  | 'live'
  | 'checking'
  | 'waiting'
  | 'held'
  | 'replaced';

/** `late`: the deadline of the state has passed. `due`: its wait is over. `silent`: nothing was heard for a while. */
export type Input =
  | 'start'
  | 'stop'
  | 'refresh'
  | 'wake'
  | 'tokenGot'
  | 'tokenNone'
  | 'tokenRefused'
  | 'tokenFailed'
  | 'connected'
  | 'heard'
  | 'silent'
  | 'late'
  | 'due'
  | 'failed'
  | 'toHold'
  | 'replaced'
  | 'refused';

/** `probe` is a ping with the short deadline of a wake; `giveUp` waits no longer for `getToken`. */
export type Action =
  | 'getToken'
  | 'open'
  | 'drop'
  | 'listen'
  | 'ping'
  | 'probe'
  | 'sendToken'
  | 'renewLater'
  | 'giveUp'
  | 'backOff'
  | 'hold'
  | 'hurry';

/** What an app shows; `stopped` is one that does not come back without `start()` or `refresh()`. */
export type Status = 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped';

/** Where it goes, and what is done on the way. */
type Cell = readonly [State | 'same', ...Action[]];
type Row = Readonly<Partial<Record<Input, Cell>>>;

const connect: Cell = ['token', 'getToken'];
const hurry: Cell = ['same', 'hurry'];
const stop: Cell = ['idle', 'drop', 'giveUp'];
/** Where nothing happens until the app wants it to; a token may come by `refresh(token)`. */
const returns: Row = { stop, start: connect, refresh: connect, tokenGot: connect };
/** By the app; also while something else goes on. */
const leaves: Row = { stop, tokenNone: ['signedOut', 'drop'], tokenRefused: ['stopped', 'drop'] };
/** How a connection ends. */
const ends: Row = {
  ...leaves,
  failed: ['waiting', 'drop', 'backOff'],
  toHold: ['held', 'drop', 'hold'],
  replaced: ['replaced', 'drop'],
  refused: ['stopped', 'drop', 'giveUp'],
};
const live: Row = {
  ...ends,
  wake: ['checking', 'probe'],
  refresh: ['same', 'getToken'],
  tokenGot: ['same', 'sendToken'],
  tokenFailed: ['same', 'renewLater'],
};

export const table: Readonly<Record<State, Row>> = {
  idle: { start: connect },
  signedOut: returns,
  stopped: returns,
  token: {
    ...leaves,
    tokenGot: ['opening', 'open'],
    tokenFailed: ['waiting', 'backOff'],
    late: ['waiting', 'giveUp', 'backOff'],
  },
  opening: {
    ...ends,
    connected: ['live', 'listen'],
    late: ['waiting', 'drop', 'backOff'],
    refresh: ['same', 'getToken'],
  },
  live: { ...live, silent: ['checking', 'ping'] },
  checking: {
    ...live,
    heard: ['live', 'listen'],
    late: ['token', 'drop', 'getToken'],
  },
  waiting: {
    ...leaves,
    due: connect,
    wake: hurry,
    refresh: hurry,
    tokenGot: hurry,
  },
  held: { ...leaves, due: connect },
  replaced: { ...leaves, ...returns, wake: connect },
};

const shownAs: Readonly<Partial<Record<State, Status>>> = {
  signedOut: 'idle',
  token: 'connecting',
  opening: 'connecting',
  checking: 'live',
  held: 'waiting',
  replaced: 'waiting',
};

export function statusOf(state: State): Status {
  return shownAs[state] ?? (state as Status);
}
