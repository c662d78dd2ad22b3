import { describe, expect, it } from '@jest/globals';
import { statusOf, table, type Input, type State } from '../../client/src/machine.ts';

/** Every transition there is, written out: state, input, next state, actions. */
const transitions: readonly (readonly [State, Input, State, string])[] = [
  ['idle', 'start', 'token', 'getToken'],

  ['signedOut', 'start', 'token', 'getToken'],
  ['signedOut', 'refresh', 'token', 'getToken'],
  ['signedOut', 'tokenGot', 'token', 'getToken'],
  ['signedOut', 'stop', 'idle', 'drop giveUp'],

  ['stopped', 'start', 'token', 'getToken'],
  ['stopped', 'refresh', 'token', 'getToken'],
  ['stopped', 'tokenGot', 'token', 'getToken'],
  ['stopped', 'stop', 'idle', 'drop giveUp'],

  ['token', 'tokenGot', 'opening', 'open'],
  ['token', 'tokenNone', 'signedOut', 'drop'],
  ['token', 'tokenRefused', 'stopped', 'drop'],
  ['token', 'tokenFailed', 'waiting', 'backOff'],
  ['token', 'late', 'waiting', 'giveUp backOff'],
  ['token', 'stop', 'idle', 'drop giveUp'],

  ['opening', 'connected', 'live', 'listen'],
  ['opening', 'refresh', 'opening', 'getToken'],
  ['opening', 'tokenNone', 'signedOut', 'drop'],
  ['opening', 'tokenRefused', 'stopped', 'drop'],
  ['opening', 'failed', 'waiting', 'drop backOff'],
  ['opening', 'toHold', 'held', 'drop hold'],
  ['opening', 'replaced', 'replaced', 'drop'],
  ['opening', 'refused', 'stopped', 'drop giveUp'],
  ['opening', 'late', 'waiting', 'drop backOff'],
  ['opening', 'stop', 'idle', 'drop giveUp'],

  ['live', 'silent', 'checking', 'ping'],
  ['live', 'wake', 'checking', 'probe'],
  ['live', 'refresh', 'live', 'getToken'],
  ['live', 'tokenGot', 'live', 'sendToken'],
  ['live', 'tokenFailed', 'live', 'renewLater'],
  ['live', 'tokenNone', 'signedOut', 'drop'],
  ['live', 'tokenRefused', 'stopped', 'drop'],
  ['live', 'failed', 'waiting', 'drop backOff'],
  ['live', 'toHold', 'held', 'drop hold'],
  ['live', 'replaced', 'replaced', 'drop'],
  ['live', 'refused', 'stopped', 'drop giveUp'],
  ['live', 'stop', 'idle', 'drop giveUp'],

  ['checking', 'heard', 'live', 'listen'],
  ['checking', 'late', 'token', 'drop getToken'],
  ['checking', 'wake', 'checking', 'probe'],
  ['checking', 'refresh', 'checking', 'getToken'],
  ['checking', 'tokenGot', 'checking', 'sendToken'],
  ['checking', 'tokenFailed', 'checking', 'renewLater'],
  ['checking', 'tokenNone', 'signedOut', 'drop'],
  ['checking', 'tokenRefused', 'stopped', 'drop'],
  ['checking', 'failed', 'waiting', 'drop backOff'],
  ['checking', 'toHold', 'held', 'drop hold'],
  ['checking', 'replaced', 'replaced', 'drop'],
  ['checking', 'refused', 'stopped', 'drop giveUp'],
  ['checking', 'stop', 'idle', 'drop giveUp'],

  ['waiting', 'due', 'token', 'getToken'],
  ['waiting', 'wake', 'waiting', 'hurry'],
  ['waiting', 'refresh', 'waiting', 'hurry'],
  ['waiting', 'tokenGot', 'waiting', 'hurry'],
  ['waiting', 'tokenNone', 'signedOut', 'drop'],
  ['waiting', 'tokenRefused', 'stopped', 'drop'],
  ['waiting', 'stop', 'idle', 'drop giveUp'],

  ['held', 'due', 'token', 'getToken'],
  ['held', 'tokenNone', 'signedOut', 'drop'],
  ['held', 'tokenRefused', 'stopped', 'drop'],
  ['held', 'stop', 'idle', 'drop giveUp'],

  ['replaced', 'start', 'token', 'getToken'],
  ['replaced', 'wake', 'token', 'getToken'],
  ['replaced', 'refresh', 'token', 'getToken'],
  ['replaced', 'tokenGot', 'token', 'getToken'],
  ['replaced', 'tokenNone', 'signedOut', 'drop'],
  ['replaced', 'tokenRefused', 'stopped', 'drop'],
  ['replaced', 'stop', 'idle', 'drop giveUp'],
];

describe('the state machine', () => {
  it.each(transitions)('%s, %s -> %s (%s)', (state, input, next, actions) => {
    const [to, ...done] = table[state][input] ?? [];
    expect([to === 'same' ? state : to, ...done].join(' ')).toBe(`${next} ${actions}`);
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
    expect(statusOf('checking')).toBe('live');
  });
});
