import { describe, expect, it } from '@jest/globals';
import type { Steps } from '../../services/ingest/accept/steps.ts';
import { Slices } from '../../services/ingest/http/slices.ts';

const SMALL = 100;
const LARGE = 1_000_000;

/** A clock that goes on by `stepMs` with each step of the work that it is given. */
function world(stepMs: number) {
  let nowMs = 0;
  let turn = 0;
  let counting = true;
  const count = () => {
    turn += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const log: { name: string; turn: number }[] = [];
  function* work(name: string, steps: number): Steps<string> {
    for (let step = 0; step < steps; step += 1) {
      log.push({ name, turn });
      nowMs += stepMs;
      yield;
    }
    return name;
  }
  return { slices: new Slices(() => nowMs), work, log, [Symbol.dispose]: () => (counting = false) };
}

describe('requests that share the event loop', () => {
  it('are done within the call where they are small', () => {
    using small = world(1);
    void small.slices.run(small.work('a', 3), SMALL);
    void small.slices.run(small.work('b', 3), SMALL);
    expect(small.log.map(({ name }) => name).join('')).toBe('aaabbb');
  });

  it('pause after 2 ms, and go on one slice a turn, in turns', async () => {
    using large = world(0.75);
    const names = await Promise.all([
      large.slices.run(large.work('a', 9), LARGE),
      large.slices.run(large.work('b', 9), LARGE),
    ]);
    expect(names).toEqual(['a', 'b']);
    expect(large.log.map(({ name }) => name).join('')).toBe('aaabbbaaabbbaaabbb');
    const turns = large.log.map(({ turn }) => turn);
    expect(new Set(turns).size).toBe(6);
  });

  it('are not held up by large ones that wait for their turn', async () => {
    using mixed = world(2);
    const large = mixed.slices.run(mixed.work('a', 9), LARGE);
    await mixed.slices.run(mixed.work('b', 2), SMALL);
    await large;
    expect(mixed.log.map(({ name }) => name).join('')).toBe('bbaaaaaaaaa');
  });

  it('fail alone', async () => {
    using failing = world(2);
    // oxlint-disable-next-line require-yield -- it fails before it would
    function* broken(): Steps<void> {
      throw new Error('broken');
    }
    const failed = failing.slices.run(broken(), LARGE);
    const other = failing.slices.run(failing.work('a', 9), LARGE);
    await expect(failed).rejects.toThrow('broken');
    await expect(other).resolves.toBe('a');
  });
});
