import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { HandshakeQueue } from '../../services/delivery/transport/handshake-queue.ts';

/** Each handshake takes two milliseconds, so that a turn has time for three. */
function world() {
  const done: string[] = [];
  let nowMs = 0;
  const queue = new HandshakeQueue(() => nowMs);
  const come = (client: string, name = client) =>
    queue.add(client, () => {
      nowMs += 2;
      done.push(name);
    });
  return { come, done };
}

describe('handshakes that come together', () => {
  it('are spread over turns of the event loop', async () => {
    const { come, done } = world();
    for (const client of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) come(client);
    const after: number[] = [];
    while (done.length < 7) {
      await nextTurn();
      after.push(done.length);
    }
    expect(after.filter((count) => count > 0)).toEqual([3, 6, 7]);
  });

  it('keep the order of each client, who waits for one of each other client', async () => {
    const { come, done } = world();
    for (const name of ['flood 1', 'flood 2', 'flood 3']) come('flood', name);
    come('newcomer');
    while (done.length < 4) await nextTurn();
    expect(done).toEqual(['flood 1', 'newcomer', 'flood 2', 'flood 3']);
  });

  it('are taken again after a rest', async () => {
    const { come, done } = world();
    come('a');
    while (done.length < 1) await nextTurn();
    await nextTurn();
    come('b');
    while (done.length < 2) await nextTurn();
    expect(done).toEqual(['a', 'b']);
  });
});
