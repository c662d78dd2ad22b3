import { describe, expect, it } from '@jest/globals';
import { Handshakes } from '../../services/delivery/transport/handshakes.ts';

const LIMITS = { maxHandshakesPerSecond: 10, maxHandshakesPerSecondPerAddress: 2 };
/** After a rest, those of four seconds come at once. */
const BURST = 40;
const ADDRESS_BURST = 8;

function world() {
  const state = { nowMs: 0, address: 'a', isNamed: false, accepts: true, shutOutMs: 0 };
  const handshakes = new Handshakes({
    limits: LIMITS,
    clients: { of: () => ({ address: state.address, isNamed: state.isNamed, isForwarded: false }) },
    accepts: () => state.accepts,
    shutOutMs: (token) => (token === 'shut out' ? state.shutOutMs : 0),
    now: () => state.nowMs,
  });
  const come = (token?: string) => handshakes.refusalOf({ socket: {}, headers: {} }, token);
  const passing = (times: number) =>
    Array.from({ length: times }, () => come()).filter((refusal) => refusal === undefined).length;
  return { state, come, passing };
}

describe('handshakes with an instance', () => {
  it('lets so many pass in a second, and four times as many after a rest', () => {
    const { state, come, passing } = world();
    expect(passing(BURST)).toBe(BURST);
    expect(come()).toMatchObject({ code: 'OVERLOADED' });
    state.nowMs = 1_000;
    expect(passing(2 * BURST)).toBe(10);
  });

  it('spreads those whom it turns away over ten seconds', () => {
    const { come, passing } = world();
    passing(BURST);
    const waits = Array.from({ length: 200 }, () => come()?.waitSeconds ?? 0);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  it('counts an address apart that a trusted proxy names, and lets it take nothing of the others', () => {
    const { state, come, passing } = world();
    state.isNamed = true;
    expect(passing(10 * BURST)).toBe(ADDRESS_BURST);
    state.address = 'b';
    expect(come()).toBeUndefined();
  });

  it('counts no other address apart: everybody may be behind it', () => {
    expect(world().passing(BURST)).toBe(BURST);
  });

  it('tells the bearer of a token that is shut out how long to wait, and counts them not', () => {
    const { state, come, passing } = world();
    state.shutOutMs = 1_500;
    for (let times = 0; times < 2 * BURST; times += 1) {
      expect(come('shut out')).toMatchObject({ code: 'RATE_LIMITED', waitSeconds: 2 });
    }
    expect(passing(BURST)).toBe(BURST);
  });

  it('lets nobody into an instance that stops', () => {
    const { state, come } = world();
    state.accepts = false;
    expect(come()).toMatchObject({ code: 'GOING_AWAY' });
  });
});
