import { describe, expect, it } from '@jest/globals';
import { Handshakes } from '../../services/delivery/transport/handshakes.ts';
import type { Refusal } from '../../services/delivery/transport/http/answer.ts';
import { networkOf } from '../../shared/core/address-network.ts';

const LIMITS = { maxHandshakesPerSecond: 10, maxHandshakesPerSecondPerAddress: 2 };
/** After a rest, those of four seconds come at once. */
const BURST = 40;
const ADDRESS_BURST = 8;

function world() {
  const state = { nowMs: 0, address: 'a', isNamed: false, accepts: true, shutOutMs: 0 };
  const handshakes = new Handshakes({
    limits: LIMITS,
    accepts: () => state.accepts,
    shutOutMs: (token) => (token === 'shut out' ? state.shutOutMs : 0),
    now: () => state.nowMs,
  });
  const client = () => {
    const { address, isNamed } = state;
    return { address, network: networkOf(address), isNamed, isForwarded: false };
  };
  /** Why it is turned away at once. */
  const come = (token?: string) => {
    let refused: Refusal | undefined;
    handshakes.enter(client(), token, {
      take: () => undefined,
      refuse: (refusal) => (refused = refusal),
    });
    return refused;
  };
  const passing = (times: number) =>
    Array.from({ length: times }, () => come()).filter((refusal) => refusal === undefined).length;
  const enter = (token?: string) =>
    new Promise<string>((resolve) =>
      handshakes.enter(client(), token, {
        take: () => resolve('taken'),
        refuse: ({ code }) => resolve(code),
      }),
    );
  return { state, come, passing, enter };
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

  it('turns one away whose token is shut out, or whose instance stops, while it waits for its turn', async () => {
    const { state, enter } = world();
    const all = [enter(), enter('shut out'), enter()];
    state.shutOutMs = 1_500;
    expect(await Promise.all(all)).toEqual(['taken', 'RATE_LIMITED', 'taken']);
    const late = enter();
    state.accepts = false;
    expect(await late).toBe('GOING_AWAY');
  });

  it('turns away at once who comes too often', async () => {
    const { enter, passing } = world();
    passing(BURST);
    expect(await enter()).toBe('OVERLOADED');
  });

  it('counts all addresses of an IPv6 network as one', () => {
    const { state, come, passing } = world();
    state.isNamed = true;
    state.address = '2001:db8:1:2::1';
    passing(ADDRESS_BURST);
    state.address = '2001:db8:1:2:3:4:5:6';
    expect(come()).toMatchObject({ code: 'OVERLOADED' });
    state.address = '2001:db8:1:3::1';
    expect(come()).toBeUndefined();
  });
});
