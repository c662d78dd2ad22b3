import { describe, expect, it } from '@jest/globals';
import { faultsIn } from './faults-in.ts';

const stack = { stack: 'Error: it\n    at once' };
const line = (level: number, fields: object) => JSON.stringify({ level, name: 'test', ...fields });

describe('a line of the log', () => {
  it.each([
    ['an error', line(50, { msg: 'a request failed' })],
    ['a fatal error', line(60, { msg: 'an exception that nobody caught' })],
    ['a warning with a stack', line(40, { err: stack })],
    ['an error of a channel', line(50, { channel: 'ledger', err: stack })],
    ['a stack of a connection of a client, which is a number', line(40, { connection: 57, err: stack })],
  ])('is a fault where it is %s', (_what, text) => {
    expect(faultsIn([text])).toEqual([text]);
  });

  it.each([
    ['a warning', line(40, { msg: 'refused' })],
    ['a channel that RabbitMQ refused', line(40, { channel: 'events', err: { code: 406, ...stack } })],
    [
      'a connection that RabbitMQ closed',
      line(20, { connection: 'roomcast ingest', err: { code: 541, ...stack } }),
    ],
    ['a channel of it', line(40, { channel: 'ledger', err: stack })],
  ])('is no fault where it is %s', (_what, text) => {
    expect(faultsIn([text])).toEqual([]);
  });
});
