import { describe, expect, it } from '@jest/globals';
import { RefusalLog, type RefusedClient } from '../../services/delivery/session/refusal-log.ts';

const HOUR_MS = 3_600_000;
const RETRY_MS = 3_000;

const refused = (fields: Partial<RefusedClient> = {}): RefusedClient => ({
  code: 'TOKEN_EXPIRED',
  remoteAddress: '203.0.113.7',
  token: 'dead',
  ...fields,
});

describe('a client that retries with a dead token for ever', () => {
  it('is said once an hour, with how often it came meanwhile', () => {
    const log = new RefusalLog();
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
    const log = new RefusalLog();
    expect([log.count(refused(), 0), log.count(refused(), RETRY_MS)]).toEqual([0, undefined]);
    expect(log.count(refused(), 2 * HOUR_MS)).toBe(0);
  });
});

describe('who is told apart', () => {
  it.each([
    ['another token behind the same proxy', { token: 'dead too' }],
    ['the same token from another address', { remoteAddress: '203.0.113.8' }],
    ['another reason', { code: 'AUTH_FAILED' }],
    ['no token at all', { code: 'AUTH_REQUIRED', token: undefined }],
  ] as const)('%s is said as well', (_what, other) => {
    const log = new RefusalLog();
    expect([log.count(refused(), 0), log.count(refused(other), 1), log.count(refused(), 2)]).toEqual([
      0,
      0,
      undefined,
    ]);
  });

  it('ten thousand are remembered; then the oldest is forgotten, and would be said again', () => {
    const log = new RefusalLog();
    log.count(refused(), 0);
    for (let count = 1; count < 10_000; count += 1) log.count(refused({ token: `dead ${count}` }), count);
    expect(log.count(refused(), 10_000)).toBeUndefined();
    log.count(refused({ token: 'one more' }), 10_001);
    expect(log.count(refused(), 10_002)).toBe(0);
  });
});
