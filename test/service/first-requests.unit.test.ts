import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FirstRequests } from '../../shared/service/first-requests.ts';

function world() {
  const requests = new FirstRequests();
  const taken: string[] = [];
  return {
    taken,
    ask: (connection: object, name: string) => requests.take(connection, () => taken.push(name)),
  };
}

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `${from + n}`);

describe('requests of connections that come at once', () => {
  it('are taken a few a turn of the event loop, in their order', async () => {
    const { taken, ask } = world();
    for (const name of names(0, 20)) ask({}, name);
    const byTurn = [taken.length];
    while (taken.length < 20) {
      await nextTurn();
      byTurn.push(taken.length);
    }
    expect(byTurn).toEqual([8, 16, 20]);
    expect(taken).toEqual(names(0, 20));
  });

  it('do not hold up a connection that was here before', async () => {
    const { taken, ask } = world();
    const known = {};
    ask(known, 'first');
    await nextTurn();
    await nextTurn();
    for (const name of names(0, 20)) ask({}, name);
    ask(known, 'next');
    expect(taken).toEqual(['first', ...names(0, 8), 'next']);
  });

  it('that come while others wait are taken behind them', async () => {
    const { taken, ask } = world();
    for (const name of names(0, 18)) ask({}, name);
    await nextTurn();
    for (const name of names(18, 26)) ask({}, name);
    await nextTurn();
    expect(taken).toEqual(names(0, 24));
    await nextTurn();
    expect(taken).toEqual(names(0, 26));
  });
});
