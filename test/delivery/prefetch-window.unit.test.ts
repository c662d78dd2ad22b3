import { describe, expect, it } from '@jest/globals';
import { PrefetchWindow } from '../../services/delivery/broker/prefetch-window.ts';

const PREFETCH = 100;

/** A window whose requests the test answers. */
function world() {
  const answers: (() => void)[] = [];
  const window = new PrefetchWindow(PREFETCH, () => new Promise<void>((resolve) => answers.push(resolve)));
  const answer = async () => {
    answers.shift()?.();
    await Promise.resolve();
  };
  return { window, answers, answer };
}

describe('whether messages may have waited at the broker', () => {
  it('is no while fewer than the prefetch can be unacknowledged', () => {
    const { window } = world();
    expect([1, 50, 99].map((tag) => window.isFullAt(tag))).toEqual([false, false, false]);
    expect(window.isFullAt(100)).toBe(true);
  });

  it('counts an acknowledgement once the broker has answered behind it', async () => {
    const { window, answer } = world();
    window.acknowledged(60);
    expect(window.isFullAt(120)).toBe(true);
    await answer();
    expect(window.isFullAt(159)).toBe(false);
    expect(window.isFullAt(160)).toBe(true);
  });

  it('costs one request for a quarter of the prefetch, and one at a time', async () => {
    const { window, answers, answer } = world();
    for (let tag = 1; tag <= 24; tag += 1) window.acknowledged(tag);
    expect(answers).toHaveLength(0);
    for (let tag = 25; tag <= 90; tag += 1) window.acknowledged(tag);
    expect(answers).toHaveLength(1);
    await answer();
    window.acknowledged(91);
    expect(answers).toHaveLength(1);
  });
});
