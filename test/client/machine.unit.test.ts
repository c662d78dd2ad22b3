import { describe, expect, it } from '@jest/globals';
import { statusOf, table, type Input, type State } from '../../client/src/machine.ts';

/** Every transition there is, written out: state, input, next state, actions. */
const transitions: readonly (readonly [State, Input, State, string])[] = [
  ['idle', 'start', 'token', 'getToken'],

  ['signedOut', 'start', 'token', 'getToken'],
  ['signedOut', 'refresh', 'token', 'getToken'],
  ['signedOut', 'stop', 'idle', 'drop'],

  ['stopped', 'start', 'token', 'getToken'],
  ['stopped', 'refresh', 'token', 'getToken'],
  ['stopped', 'stop', 'idle', 'drop'],

  ['token', 'tokenGot', 'opening', 'open'],
  ['token', 'tokenNone', 'signedOut', 'drop'],
  ['token', 'tokenRefused', 'stopped', 'drop'],
  ['token', 'failed', 'waiting', 'drop backOff'],
  ['token', 'toHold', 'held', 'drop hold'],
  ['token', 'replaced', 'replaced', 'drop'],
  ['token', 'refused', 'stopped', 'drop'],
  ['token', 'late', 'waiting', 'backOff'],
  ['token', 'stop', 'idle', 'drop'],

  ['opening', 'connected', 'live', 'listen'],
  ['opening', 'refresh', 'opening', 'getToken'],
  ['opening', 'tokenNone', 'signedOut', 'drop'],
  ['opening', 'tokenRefused', 'stopped', 'drop'],
  ['opening', 'failed', 'waiting', 'drop backOff'],
  ['opening', 'toHold', 'held', 'drop hold'],
  ['opening', 'replaced', 'replaced', 'drop'],
  ['opening', 'refused', 'stopped', 'drop'],
  ['opening', 'late', 'waiting', 'drop backOff'],
  ['opening', 'stop', 'idle', 'drop'],

  ['live', 'silent', 'checking', 'ping'],
  ['live', 'wake', 'checking', 'probe'],
  ['live', 'refresh', 'live', 'getToken'],
  ['live', 'tokenGot', 'live', 'sendToken'],
  ['live', 'tokenNone', 'signedOut', 'drop'],
  ['live', 'tokenRefused', 'stopped', 'drop'],
  ['live', 'failed', 'waiting', 'drop backOff'],
  ['live', 'toHold', 'held', 'drop hold'],
  ['live', 'replaced', 'replaced', 'drop'],
  ['live', 'refused', 'stopped', 'drop'],
  ['live', 'stop', 'idle', 'drop'],

  ['checking', 'heard', 'live', 'listen'],
  ['checking', 'late', 'token', 'drop getToken'],
  ['checking', 'wake', 'checking', 'probe'],
  ['checking', 'refresh', 'checking', 'getToken'],
  ['checking', 'tokenGot', 'checking', 'sendToken'],
  ['checking', 'tokenNone', 'signedOut', 'drop'],
  ['checking', 'tokenRefused', 'stopped', 'drop'],
  ['checking', 'failed', 'waiting', 'drop backOff'],
  ['checking', 'toHold', 'held', 'drop hold'],
  ['checking', 'replaced', 'replaced', 'drop'],
  ['checking', 'refused', 'stopped', 'drop'],
  ['checking', 'stop', 'idle', 'drop'],

  ['waiting', 'due', 'token', 'getToken'],
  ['waiting', 'wake', 'waiting', 'hurry'],
  ['waiting', 'refresh', 'waiting', 'hurry'],
  ['waiting', 'tokenNone', 'signedOut', 'drop'],
  ['waiting', 'tokenRefused', 'stopped', 'drop'],
  ['waiting', 'stop', 'idle', 'drop'],

  ['held', 'due', 'token', 'getToken'],
  ['held', 'tokenNone', 'signedOut', 'drop'],
  ['held', 'tokenRefused', 'stopped', 'drop'],
  ['held', 'stop', 'idle', 'drop'],

  ['replaced', 'start', 'token', 'getToken'],
  ['replaced', 'wake', 'token', 'getToken'],
  ['replaced', 'refresh', 'token', 'getToken'],
  ['replaced', 'tokenNone', 'signedOut', 'drop'],
  ['replaced', 'tokenRefused', 'stopped', 'drop'],
  ['replaced', 'stop', 'idle', 'drop'],
];

describe('the state machine', () => {
  it.each(transitions)('%s, %s -> %s (%s)', (state, input, next, actions) => {
    expect(table[state][input]?.join(' ')).toBe(`${next} ${actions}`);
  });

  it('has no other transitions', () => {
    const cells = Object.entries(table).flatMap(([state, row]) =>
      Object.keys(row).map((input) => `${state} ${input}`),
    );
    expect(cells.sort()).toEqual(transitions.map(([state, input]) => `${state} ${input}`).sort());
  });

  it('leaves every state but idle by stop()', () => {
    const deaf = Object.entries(table).filter(([, row]) => row.stop?.[0] !== 'idle');
    expect(deaf.map(([state]) => state)).toEqual(['idle']);
  });

  it('asks for a token before each attempt, and never opens without one', () => {
    const opens = transitions.filter(([, , , actions]) => actions.includes('open'));
    expect(opens).toEqual([['token', 'tokenGot', 'opening', 'open']]);
  });

  it('is live on screen while it checks whether the connection still is', () => {
    expect(statusOf.checking).toBe('live');
  });
});
