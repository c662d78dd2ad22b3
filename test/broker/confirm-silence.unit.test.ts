import { describe, expect, it } from '@jest/globals';
import { ConfirmSilence } from '../../shared/broker/confirm-silence.ts';
import { HISTORY_LAG_MS, CONFIRM_SILENCE_MS } from '../../shared/contract/history-lag.ts';

/** A clock that the test moves. */
function world() {
  let nowMs = 1_000;
  const stalls = new ConfirmSilence(() => nowMs);
  return { send: () => stalls.sent(), pass: (ms: number) => (nowMs += ms) };
}

describe('a confirm', () => {
  it('is prompt where the broker answers in time', () => {
    const { send, pass } = world();
    const settle = send();
    pass(CONFIRM_SILENCE_MS);
    expect(settle(true)).toBe('prompt');
  });

  it('is late after a silence, for every message that was under way by its end', () => {
    const { send, pass } = world();
    const first = send();
    pass(CONFIRM_SILENCE_MS);
    const second = send();
    pass(1);
    expect(first(true)).toBe('late');
    const third = send();
    pass(CONFIRM_SILENCE_MS);
    expect(second(true)).toBe('late');
    expect(third(true)).toBe('prompt');
  });

  it('is prompt however long it takes while others come: the broker is busy, not silent', () => {
    const { send, pass } = world();
    const slow = send();
    for (let n = 0; n < 10; n += 1) {
      const other = send();
      pass(CONFIRM_SILENCE_MS);
      expect(other(true)).toBe('prompt');
    }
    expect(slow(true)).toBe('prompt');
  });

  it('ends a silence that refusals do not: a queue that dies says nothing of the history', () => {
    const { send, pass } = world();
    const waiting = send();
    const refused = send();
    pass(CONFIRM_SILENCE_MS);
    refused(false);
    pass(1);
    expect(waiting(true)).toBe('late');
  });

  it('counts no time in which nothing was under way', () => {
    const { send, pass } = world();
    send()(true);
    pass(10 * CONFIRM_SILENCE_MS);
    expect(send()(true)).toBe('prompt');
  });
});

it('leaves delivery, which waits that long before it looks, a margin', () => {
  expect(HISTORY_LAG_MS).toBeGreaterThan(CONFIRM_SILENCE_MS);
});
