import { describe, expect, it } from '@jest/globals';
import { dispatchWorld, settled } from './dispatch-world.ts';
import { NOW_MS, notification } from './notifications.ts';

const accepted = { outcome: 'accepted' } as const;
const later = (reason = 'status_503', retryAfterMs?: number) =>
  ({ outcome: 'later', reason, retryAfterMs }) as const;

describe('a notification for one device', () => {
  it.each([
    [accepted, { result: 'pushed' }],
    [
      { outcome: 'gone', reason: 'status_410' },
      { result: 'gone', reason: 'status_410' },
    ],
    [
      { outcome: 'refused', reason: 'status_403' },
      { result: 'failed', reason: 'status_403' },
    ],
  ] as const)('is over with an answer that settles it: %j', async (outcome, result) => {
    const { deliver, answer } = dispatchWorld();
    const delivered = deliver('a');
    await answer(outcome);
    expect(await delivered).toEqual(result);
  });

  it('is tried again after a second or less, then after longer', async () => {
    const { deliver, answer, pass, pending } = dispatchWorld();
    const delivered = deliver('a');
    await answer(later());
    await pass(499);
    expect(pending).toHaveLength(0);
    await pass(501);
    await answer(later());
    await pass(999);
    expect(pending).toHaveLength(0);
    await pass(1_001);
    await answer(accepted);
    expect(await delivered).toEqual({ result: 'pushed' });
  });

  it('is tried again when the push service says, not before', async () => {
    const { deliver, answer, pass, pending } = dispatchWorld();
    const delivered = deliver('a');
    await answer(later('status_429', 120_000));
    await pass(119_999);
    expect(pending).toHaveLength(0);
    await pass(1);
    await answer(accepted);
    expect(await delivered).toEqual({ result: 'pushed' });
  });

  it('is given up after so many tries, with the reason of the last', async () => {
    const { deliver, answer, pass } = dispatchWorld({ maxTries: 2 });
    const delivered = deliver('a');
    await answer(later('timeout'));
    await pass(1_000);
    await answer(later('status_500'));
    expect(await delivered).toEqual({ result: 'failed', reason: 'status_500' });
  });

  it('is given up at once where the push service wants more time than it is worth', async () => {
    const { deliver, answer } = dispatchWorld();
    const delivered = deliver('a', { expiresAtMs: NOW_MS + 60_000 });
    await answer(later('status_429', 60_000));
    expect(await delivered).toEqual({ result: 'failed', reason: 'status_429' });
  });

  it('is tried again however the clock on the wall is set meanwhile', async () => {
    const { deliver, answer, pass, state } = dispatchWorld();
    const delivered = deliver('a');
    await answer(later('status_503', 60_000));
    state.unixMs = () => NOW_MS + 3_600_000;
    await pass(60_000);
    await answer(accepted);
    expect(await delivered).toEqual({ result: 'pushed' });
  });

  it('is not tried again once nobody has to be told any more', async () => {
    const { deliver, answer, pass, pending } = dispatchWorld();
    let isWanted = true;
    const delivered = deliver('a', {}, () => isWanted);
    await answer(later());
    isWanted = false;
    await pass(60_000);
    expect(await delivered).toEqual({ result: 'unwanted' });
    expect(pending).toHaveLength(0);
  });

  it('cannot be brought to a kind that is not set up', async () => {
    const { dispatcher } = dispatchWorld();
    const recipient = { device: { kind: 'fcm', token: 'x' }, seenAtMs: NOW_MS } as const;
    expect(await dispatcher.deliver(recipient, notification(), () => true)).toEqual({
      result: 'failed',
      reason: 'kind_not_set_up',
    });
  });
});

describe('one try for somebody who looks on', () => {
  it('passes those that wait for a host that is left alone, and tells what it said', async () => {
    const { deliver, tryNow, answer, pending } = dispatchWorld({ maxRunning: 5, maxTries: 1 });
    for (let sent = 0; sent < 5; sent += 1) void deliver('dead');
    for (let answered = 0; answered < 5; answered += 1) await answer(later('timeout'));
    void deliver('dead');
    const tried = tryNow('dead');
    await settled();
    expect(pending).toHaveLength(1);
    await answer(later('timeout'));
    expect(await tried).toEqual({ host: 'dead', ...later('timeout') });
  });

  it('says so where the kind is not set up', async () => {
    const { dispatcher } = dispatchWorld();
    const recipient = { device: { kind: 'fcm', token: 'x' }, seenAtMs: NOW_MS } as const;
    expect(await dispatcher.tryNow(recipient, notification())).toMatchObject({
      outcome: 'refused',
      reason: 'kind_not_set_up',
    });
  });
});

describe('many notifications', () => {
  it('go to one host so many at a time, and to others meanwhile', async () => {
    const { deliver, answer, pending } = dispatchWorld();
    for (const host of ['slow', 'slow', 'slow', 'good']) void deliver(host);
    await settled();
    expect(pending.map(({ host }) => host)).toEqual(['slow', 'slow', 'good']);
    await answer(accepted, 'slow');
    expect(pending.map(({ host }) => host)).toEqual(['slow', 'good', 'slow']);
  });

  it('are handed back where too many wait for one host', async () => {
    const { deliver, hasRoomAt, pending } = dispatchWorld({ maxRunning: 1, maxWaiting: 1 });
    void deliver('slow');
    expect(hasRoomAt('slow')).toBe(true);
    void deliver('slow');
    expect([hasRoomAt('slow'), hasRoomAt('good')]).toEqual([false, true]);
    expect(await deliver('slow')).toEqual({ result: 'full' });
    void deliver('good');
    await settled();
    expect(pending.map(({ host }) => host)).toEqual(['slow', 'good']);
  });

  it('leave room for others, however many hosts hang', async () => {
    const { deliver, pending } = dispatchWorld({ maxRunning: 1, maxWaiting: 10, maxUnderWay: 3 });
    for (const host of ['dead', 'dead', 'slow']) void deliver(host);
    expect(await deliver('dead')).toEqual({ result: 'full' });
    expect(await deliver('slow')).toEqual({ result: 'full' });
    void deliver('good');
    await settled();
    expect(pending.map(({ host }) => host)).toEqual(['dead', 'slow', 'good']);
  });

  it('leave a host alone that failed five in a row, and then try one of them', async () => {
    const { deliver, answer, pass, pending, dispatcher } = dispatchWorld({ maxRunning: 5, maxTries: 1 });
    for (let sent = 0; sent < 5; sent += 1) void deliver('dead');
    for (let answered = 0; answered < 5; answered += 1) await answer(later('timeout'));
    expect(dispatcher.openHosts).toEqual(['dead']);
    const waiting = [deliver('dead'), deliver('dead')];
    await pass(9_999);
    expect(pending).toHaveLength(0);
    await pass(1);
    expect(pending).toHaveLength(1);
    await answer(later('timeout'));
    expect(await waiting[0]).toEqual({ result: 'failed', reason: 'timeout' });
    await pass(19_999);
    expect(pending).toHaveLength(0);
    await pass(1);
    await answer(accepted);
    expect(await waiting[1]).toEqual({ result: 'pushed' });
    expect(dispatcher.openHosts).toEqual([]);
  });

  it('try a host that failed with the next that is wanted still', async () => {
    const { deliver, answer, pass, pending, dispatcher } = dispatchWorld({ maxRunning: 5, maxTries: 1 });
    for (let sent = 0; sent < 5; sent += 1) void deliver('dead');
    for (let answered = 0; answered < 5; answered += 1) await answer(later('timeout'));
    const waiting = [deliver('dead', {}, () => false), deliver('dead')];
    await pass(10_000);
    expect([await waiting[0], pending.length]).toEqual([{ result: 'unwanted' }, 1]);
    await answer(accepted);
    expect([await waiting[1], dispatcher.openHosts]).toEqual([{ result: 'pushed' }, []]);
  });

  it('leave a host alone for as long as it says', async () => {
    const { deliver, answer, pass, pending } = dispatchWorld({ maxTries: 1 });
    void deliver('busy');
    await answer(later('status_503', 60_000));
    const waiting = deliver('busy');
    await pass(59_999);
    expect(pending).toHaveLength(0);
    await pass(1);
    await answer(accepted);
    expect(await waiting).toEqual({ result: 'pushed' });
  });

  it('do not blame a host that a single device is sent too much', async () => {
    const { deliver, answer, pending } = dispatchWorld({ maxRunning: 1, maxTries: 1 });
    for (let sent = 0; sent < 6; sent += 1) void deliver('good');
    for (let answered = 0; answered < 5; answered += 1) await answer(later('status_429', 60_000));
    expect(pending).toHaveLength(1);
  });

  it('wait for a host only as long as they are worth something', async () => {
    const { deliver, answer, pass, pending } = dispatchWorld({ maxTries: 1 });
    void deliver('busy');
    await answer(later('status_503', 300_000));
    const waiting = deliver('busy', { expiresAtMs: NOW_MS + 60_000 });
    await pass(60_000);
    expect(await waiting).toEqual({ result: 'failed', reason: 'too_late' });
    expect(pending).toHaveLength(0);
  });
});
