import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ScriptedConnection } from '../support/scripted-channel.ts';
import { pending, world } from './inbox-world.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a backlog of the inbox that comes at once', () => {
  const numbered = (scripted: ScriptedConnection, count: number) => {
    for (let n = 1; n <= count; n += 1) scripted.broker.bring({ content: Buffer.from(`{"n":${n}}`) });
  };

  it('is handed on over several turns of the event loop, each message once and in order', async () => {
    const { scripted, take } = await world();
    numbered(scripted, 200);
    const turns = [take.mock.calls.length];
    while (take.mock.calls.length < 200) {
      jest.advanceTimersToNextTimer();
      turns.push(take.mock.calls.length - turns.reduce((sum, count) => sum + count, 0));
    }
    expect(Math.max(...turns)).toBeLessThanOrEqual(16);
    const bodies = take.mock.calls.map(([{ body }]) => Buffer.from(body).toString());
    expect(bodies).toEqual(Array.from({ length: 200 }, (_, n) => `{"n":${n + 1}}`));
  });

  it('is handed on one at a time where each takes long', async () => {
    let nowMs = 0;
    const { scripted, take, taken } = await world({ now: () => nowMs });
    take.mockImplementation(() => {
      nowMs += 20;
      taken.push(pending());
      return { receipts: Promise.resolve([]) } as never;
    });
    numbered(scripted, 3);
    expect(take).toHaveBeenCalledTimes(1);
    jest.advanceTimersToNextTimer();
    expect(take).toHaveBeenCalledTimes(2);
  });

  it('is left to the next consumer from where the channel was given up', async () => {
    const { scripted, take, become, settle } = await world();
    numbered(scripted, 100);
    become({ state: 'blocked', reason: 'low on memory' });
    const { length } = take.mock.calls;
    await settle(1);
    expect([length, take.mock.calls.length]).toEqual([16, 16]);
  });

  it('is left to another instance by one that stops', async () => {
    const { scripted, inbox, taken, take, settle } = await world();
    numbered(scripted, 100);
    const stopped = inbox.stop();
    for (const one of taken) one.resolve();
    await settle(1);
    await stopped;
    expect([take.mock.calls.length, scripted.broker.acks.length]).toEqual([16, 16]);
  });
});
