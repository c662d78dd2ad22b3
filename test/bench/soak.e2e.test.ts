import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gauges } from '../../bench/soak/gauges.ts';
import { kinds } from '../../bench/soak/kinds.ts';
import { soak, type Progress } from '../../bench/soak/soak.ts';
import { createVhostForTest, runBroker } from '../support/broker.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

/** Of an instance that needs seconds for what takes minutes. */
const env = {
  AUTH_TIMEOUT_MS: String(scaledMs(500)),
  REPLAY_IDLE_MS: String(scaledMs(1_000)),
  ROOM_LINGER_MS: '500',
  REPEATS_MAX: '1000',
  // One user asks for the whole history again and again: nobody else of that user is to be told `busy` for it.
  MAX_LONG_REPLAYS_PER_MINUTE: '1000',
  RECENT_MAX_BYTES: String(1024 * 1024),
};
const tempo = {
  briefMs: [100, 500],
  stayMs: [200, 1_000],
  awayMs: [100, 300],
  // Long enough to get in with.
  tokenS: Math.ceil(scaledMs(2_000) / 1_000),
  // Wide: delivery cuts them off long before.
  slowMs: scaledMs(60_000),
  longReplayEveryMs: [100, 500],
  restMs: [100, 500],
} as const;
/** Beside other tests: fewer of each. */
const few = kinds.map((kind) => ({ ...kind, workers: Math.ceil(kind.workers / 8) }));
const CODES = ['1000', '3000', '4001', '4003', '4008', '4009', 'TOO_SLOW', 'RATE_LIMITED', 'AUTH_FAILED'];
const PROOFS = ['resumed', 'resumed from the oldest', 'resumed a stream', 'polled on', 'saved'];
const SAMPLES = 5;
/** Wide: the run ends as soon as nothing is lacking. */
const RUN_MS = scaledMs(300_000);
const BACK_MS = scaledMs(60_000);
/** Before and after the run it is waited for the same quiet; and the history is filled. */
const DEADLINE_MS = RUN_MS + 2 * BACK_MS + scaledMs(TEST_MS);

/** Which clients have not yet done what they are there for, and whom delivery has not yet closed. */
function lackingIn({ samples, clients, codes }: Progress): readonly string[] {
  const proofs = [...few.map(({ name }) => name), ...PROOFS].filter((name) => (clients[name] ?? 0) === 0);
  const closes = CODES.filter((code) => (codes[code] ?? 0) === 0);
  return [...proofs, ...closes, ...(samples.length < SAMPLES ? ['samples'] : [])];
}

describe('both services under clients of every kind', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomcast-soak-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it(
    'hold nothing of them once all have left, and those who stay miss nothing',
    async () => {
      await using vhost = await createVhostForTest();
      const soaked = await soak({
        kinds: few,
        tempo,
        amqpUrl: vhost.url,
        vhost: { managementUrl: runBroker().managementUrl, vhost: vhost.name },
        folder,
        env,
        filledWith: 16_000,
        visits: 20,
        sampleEveryMs: 500,
        backWithinMs: BACK_MS,
        isEnough: (progress) => lackingIn(progress).length === 0 || progress.elapsedS > RUN_MS / 1_000,
      });
      const { samples, rows, heard, waits, crashes } = soaked;
      expect(lackingIn(soaked)).toEqual([]);
      for (const { values } of samples) {
        expect(Object.keys(values).sort()).toEqual([...gauges.keys()].sort());
        expect(Object.entries(values).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
      }
      // A heap that filled for seconds need not have been collected yet.
      expect(rows.filter(({ gauge, isBack }) => !isBack && !gauge.endsWith(', MiB'))).toEqual([]);
      expect(heard.missing).toBe(0);
      expect(waits.newcomers).toBeGreaterThan(0);
      expect(crashes).toEqual([]);
    },
    DEADLINE_MS,
  );
});
