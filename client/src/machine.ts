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
  | 'connected'
  | 'heard'
  | 'silent'
  | 'late'
  | 'due'
  | 'failed'
  | 'toHold'
  | 'replaced'
  | 'refused';

/** `probe` is a ping with the short deadline of a wake. */
export type Action =
  'getToken' | 'open' | 'drop' | 'listen' | 'ping' | 'probe' | 'sendToken' | 'backOff' | 'hold' | 'hurry';

/** What an app shows; `stopped` is one that does not come back without `start()` or `refresh()`. */
export type Status = 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped';

type Cell = readonly [State, ...Action[]];
type Row = { readonly [input in Input]?: Cell };

const connect: Cell = ['token', 'getToken'];
const stop: Cell = ['idle', 'drop'];
/** A token that was asked for while something else went on. */
const signedOff: Row = { tokenNone: ['signedOut', 'drop'], tokenRefused: ['stopped', 'drop'] };
/** How a connection ends. */
const ends: Row = {
  ...signedOff,
  stop,
  failed: ['waiting', 'drop', 'backOff'],
  toHold: ['held', 'drop', 'hold'],
  replaced: ['replaced', 'drop'],
  refused: ['stopped', 'drop'],
};
const live: Row = {
  ...ends,
  wake: ['checking', 'probe'],
  refresh: ['live', 'getToken'],
  tokenGot: ['live', 'sendToken'],
};

export const table: { readonly [state in State]: Row } = {
  idle: { start: connect },
  signedOut: { start: connect, refresh: connect, stop },
  stopped: { start: connect, refresh: connect, stop },
  token: { ...ends, tokenGot: ['opening', 'open'], late: ['waiting', 'backOff'] },
  opening: {
    ...ends,
    connected: ['live', 'listen'],
    late: ['waiting', 'drop', 'backOff'],
    refresh: ['opening', 'getToken'],
  },
  live: { ...live, silent: ['checking', 'ping'] },
  checking: {
    ...live,
    heard: ['live', 'listen'],
    late: ['token', 'drop', 'getToken'],
    refresh: ['checking', 'getToken'],
    tokenGot: ['checking', 'sendToken'],
  },
  waiting: {
    ...signedOff,
    stop,
    due: connect,
    wake: ['waiting', 'hurry'],
    refresh: ['waiting', 'hurry'],
  },
  held: { ...signedOff, stop, due: connect },
  replaced: { ...signedOff, stop, start: connect, wake: connect, refresh: connect },
};

export const statusOf: { readonly [state in State]: Status } = {
  idle: 'idle',
  signedOut: 'idle',
  stopped: 'stopped',
  token: 'connecting',
  opening: 'connecting',
  live: 'live',
  checking: 'live',
  waiting: 'waiting',
  held: 'waiting',
  replaced: 'waiting',
};
