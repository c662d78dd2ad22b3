import { describe, expect, it } from '@jest/globals';
import { FrameLimit } from '../../services/delivery/session/frame-limit.ts';
import { errorFrame } from '../../shared/contract/frames.ts';

const list = { action: 'list_rooms' } as const;
const ping = { action: 'ping' } as const;
const auth = { action: 'auth', token: 't' } as const;

function passed(
  gate: FrameLimit,
  frame: Parameters<FrameLimit['pass']>[0],
  count: number,
  nowMs: number,
): number {
  return Array.from({ length: count }, () => gate.pass(frame, nowMs)).filter(Boolean).length;
}

describe('FrameGate', () => {
  it('answers 50 frames of a minute, and again 50 of the next', () => {
    const gate = new FrameLimit(50, 50);
    expect(passed(gate, list, 60, 0)).toBe(50);
    expect([passed(gate, list, 1, 59_999), passed(gate, list, 60, 60_000)]).toEqual([0, 50]);
  });

  it('a frame that is refused for what it says counts as well', () => {
    const gate = new FrameLimit(2, 50);
    const broken = errorFrame('INVALID_MESSAGE', 'not JSON');
    expect([passed(gate, broken, 5, 0), passed(gate, list, 1, 0)]).toEqual([2, 0]);
  });

  it('what is refused for the limit does not count into the next minute', () => {
    const gate = new FrameLimit(2, 50);
    passed(gate, list, 500, 0);
    expect(passed(gate, list, 3, 60_000)).toBe(2);
  });

  it('auth is free, also when nothing else is', () => {
    const gate = new FrameLimit(1, 50);
    expect([passed(gate, auth, 100, 0), passed(gate, list, 2, 0), passed(gate, auth, 1, 0)]).toEqual([
      100, 1, 1,
    ]);
  });

  it('a ping a second is free, also when nothing else is', () => {
    const gate = new FrameLimit(1, 50);
    gate.pass(list, 0);
    expect([gate.pass(ping, 0), gate.pass(ping, 1_000), gate.pass(ping, 2_000)]).toEqual([true, true, true]);
    expect(gate.pass(list, 2_000)).toBe(false);
  });

  it('a faster ping counts as a frame', () => {
    const gate = new FrameLimit(2, 50);
    expect(passed(gate, ping, 10, 0)).toBe(3);
    expect([gate.pass(list, 0), gate.pass(ping, 999), gate.pass(ping, 1_000)]).toEqual([false, false, true]);
  });

  it('pinging too fast does not put off the next free ping', () => {
    const gate = new FrameLimit(1, 50);
    gate.pass(ping, 0);
    passed(gate, ping, 10, 900);
    expect(gate.pass(ping, 1_000)).toBe(true);
  });

  it('auth is free 120 times a minute, and counts as a frame beyond', () => {
    const gate = new FrameLimit(2, 50);
    expect(passed(gate, auth, 1_000, 0)).toBe(122);
    expect(passed(gate, auth, 1_000, 60_000)).toBe(122);
  });

  it('a ping of WebSocket itself is free once a second, whatever JSON pings there are, and counts beyond', () => {
    const gate = new FrameLimit(2, 50);
    gate.pass(ping, 0);
    expect([passed(gate, 'heartbeat', 10, 0), passed(gate, 'heartbeat', 10, 1_000)]).toEqual([3, 1]);
  });

  it('is flooded once so many were refused in one minute, and not by as many over several', () => {
    const gate = new FrameLimit(1, 3);
    passed(gate, list, 3, 0);
    expect(gate.flooded).toBe(false);
    passed(gate, list, 3, 60_000);
    expect(gate.flooded).toBe(false);
    passed(gate, list, 1, 60_001);
    expect([gate.flooded, gate.remainingMs(70_000)]).toEqual([true, 50_000]);
  });
});
