import { describe, expect, it } from '@jest/globals';
import { RefusalLog, type RefusedClient } from '../../services/delivery/session/refusal-log.ts';
import { networkOf } from '../../shared/core/address-network.ts';
import { LineBudget } from '../../shared/core/line-budget.ts';

const HOUR_MS = 3_600_000;
const RETRY_MS = 3_000;

const refused = (fields: Partial<RefusedClient> = {}): RefusedClient => ({
  code: 'TOKEN_EXPIRED',
  network: '203.0.113.7',
  token: 'dead',
  ...fields,
});

/** How often the client was refused since it was said last; `undefined`: this one is not said. */
function logWith(lines = new LineBudget(20_000, 20_000)) {
  const log = new RefusalLog(lines);
  return {
    count: (client: RefusedClient, atMs: number) => log.count(client, atMs)?.sinceLastLogged,
    leftOut: (client: RefusedClient, atMs: number) => log.count(client, atMs)?.leftOut,
  };
}

describe('a client that retries with a dead token for ever', () => {
  it('is said once an hour, with how often it came meanwhile', () => {
    const log = logWith();
    const said: [atMs: number, unsaid: number][] = [];
    for (let atMs = 0; atMs <= 3 * HOUR_MS; atMs += RETRY_MS) {
      const unsaid = log.count(refused(), atMs);
      if (unsaid !== undefined) said.push([atMs, unsaid]);
    }
    expect(said).toEqual([
      [0, 0],
      [HOUR_MS, 1_199],
      [2 * HOUR_MS, 1_199],
      [3 * HOUR_MS, 1_199],
    ]);
  });

  it('that comes back after a long silence is said as a new one', () => {
    const log = logWith();
    expect([log.count(refused(), 0), log.count(refused(), RETRY_MS)]).toEqual([0, undefined]);
    expect(log.count(refused(), 2 * HOUR_MS)).toBe(0);
  });
});

describe('who is told apart', () => {
  it.each([
    ['another token behind the same proxy', { token: 'dead too' }],
    ['the same token from another address', { network: '203.0.113.8' }],
    ['another reason', { code: 'AUTH_FAILED' }],
    ['no token at all', { code: 'AUTH_REQUIRED', token: undefined }],
  ] as const)('%s is said as well', (_what, other) => {
    const log = logWith();
    expect([log.count(refused(), 0), log.count(refused(other), 1), log.count(refused(), 2)]).toEqual([
      0,
      0,
      undefined,
    ]);
  });

  it('ten thousand are remembered; then the oldest is forgotten, and would be said again', () => {
    const log = logWith();
    log.count(refused(), 0);
    for (let count = 1; count < 10_000; count += 1) log.count(refused({ token: `dead ${count}` }), count);
    expect(log.count(refused(), 10_000)).toBeUndefined();
    log.count(refused({ token: 'one more' }), 10_001);
    expect(log.count(refused(), 10_002)).toBe(0);
  });
});

describe('a storm', () => {
  it('from one address is a line a second, whatever tokens it brings, and the rest is counted', () => {
    const log = logWith(new LineBudget());
    let said = 0;
    for (let atMs = 0; atMs < 60_000; atMs += 1) {
      if (log.count(refused({ token: `${atMs}` }), atMs) !== undefined) said += 1;
    }
    expect(said).toBe(60);
    expect(log.leftOut(refused({ token: 'later' }), 60_000)).toBe(60_000 - 60);
  });

  it('from all addresses of an IPv6 network is one from one address', () => {
    const log = logWith(new LineBudget());
    const of = (host: number) =>
      refused({ network: networkOf(`2001:db8:1:2::${host.toString(16)}`), token: `${host}` });
    const said = Array.from({ length: 1_000 }, (_, n) => log.count(of(n + 1), n)).filter(
      (one) => one !== undefined,
    );
    expect(said).toHaveLength(60);
  });

  it('from thousands of addresses is five lines a second', () => {
    const log = logWith(new LineBudget());
    let said = 0;
    for (let n = 0; n < 60_000; n += 1) {
      if (log.count(refused({ network: `10.0.${n >> 8}.${n & 255}` }), n) !== undefined) said += 1;
    }
    expect(said).toBe(300);
  });

  it('hides a client only as long as it lasts', () => {
    const log = logWith(new LineBudget(1, 1));
    expect(log.count(refused({ token: 'storm' }), 0)).toBe(0);
    expect([log.count(refused(), 1), log.count(refused(), 60_000)]).toEqual([undefined, 0]);
  });
});
