import { expect } from '@jest/globals';
import { roomcast } from '../support/command-line.ts';
import { FakePair, type FakePairOptions } from '../support/fake-pair.ts';
import { scaledMs } from '../support/time.ts';
import { TEST_SECRET } from '../support/tokens.ts';
import { TEST_KEY } from '../support/world.ts';

interface Result {
  readonly name: string;
  readonly kind: 'ok' | 'found' | 'unneeded' | 'not_made';
  readonly why?: string;
  readonly findings?: readonly { readonly problem: string; readonly cure: string }[];
}

interface Diagnosis {
  readonly code: number;
  readonly checks: readonly Result[];
  /** `check: problem`, of each finding. */
  readonly found: readonly string[];
  readonly notMade: readonly string[];
  readonly text: string;
}

export const WAIT_S = String(scaledMs(2_000) / 1_000);

export async function doctor(env: Record<string, string>, ...args: string[]): Promise<Diagnosis> {
  const { code, out, err } = await roomcast(['doctor', '--json', '--wait', WAIT_S, ...args], { env });
  const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: Result[] };
  expect({ err, ok }).toEqual({ err: '', ok: code === 0 });
  const found = checks.flatMap(({ name, findings = [] }) =>
    findings.map(({ problem }) => `${name}: ${problem}`),
  );
  const notMade = checks.filter(({ kind }) => kind === 'not_made').map(({ name }) => name);
  for (const secret of [TEST_SECRET, TEST_KEY, 'eyJ']) expect(out).not.toContain(secret);
  return { code, checks, found, notMade, text: out };
}

/** Asks again until it says so. */
export async function doctorUntil(env: Record<string, string>, words: string): Promise<Diagnosis> {
  for (;;) {
    const diagnosis = await doctor(env);
    if (diagnosis.text.includes(words)) return diagnosis;
  }
}

/** Both services where the settings say that they are, and of the broker an open port alone. */
export function settingsFor(
  pair: { port: number },
  more: Record<string, string> = {},
): Record<string, string> {
  return {
    JWT_SECRET: TEST_SECRET,
    INGEST_API_KEYS: TEST_KEY,
    WEBSOCKET_PORT: String(pair.port),
    INGEST_PORT: String(pair.port),
    STATUS_PEERS: `http://127.0.0.1:${pair.port}`,
    AMQP_URL: `amqp://127.0.0.1:${pair.port}`,
    ...more,
  };
}

export const fakePair = (options: Partial<FakePairOptions> = {}) =>
  FakePair.start({ secret: TEST_SECRET, key: TEST_KEY, ...options });
export const noBroker = ['--skip', 'broker.login,topology'];
