import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { fitLine, floorOf, type Point } from '../../bench/soak/fit.ts';
import { gauges, type Gauge } from '../../bench/soak/gauges.ts';
import { LIMIT_MIB, MALLOC_ENV, YOUNG_GENERATION } from '../../bench/soak/memory-limits.ts';
import { codesIn, metricIn } from '../../bench/soak/metric-text.ts';
import {
  brokenIn,
  holds,
  judge,
  tableOf,
  trendOf,
  verdictOf,
  type Sample,
} from '../../bench/soak/verdict.ts';

const EVERY_S = 5;
const rss: Gauge = { mayGrow: { share: 0.02, by: 0 } };

/** Numbers from -1 to 1 that are the same in each run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state / 2 ** 31) * 2 - 1;
  };
}

/** What is read every five seconds for so many minutes. */
function series(minutes: number, valueAt: (atS: number, noise: number) => number): Point[] {
  const next = noise(7);
  return Array.from({ length: (minutes * 60) / EVERY_S }, (_, n) => {
    const atS = n * EVERY_S;
    return { atS, value: valueAt(atS, next()) };
  });
}

/** A heap that fills by 20 MiB in so many seconds, and is collected. */
const sawtooth = (atS: number, periodS: number) => 100 + (20 * (atS % periodS)) / periodS;

describe('the line through a series', () => {
  it('is the line of which the points are', () => {
    const { level, growth, margin } = fitLine(series(10, (atS) => 3 + atS / 100));
    expect(level).toBeCloseTo(3);
    expect(growth).toBeCloseTo((600 - EVERY_S) / 100);
    expect(margin).toBeCloseTo(0);
  });

  it('has a margin that holds the growth beside which there is noise', () => {
    const { growth, margin } = fitLine(series(30, (atS, noise) => atS / 100 + 5 * noise));
    expect(Math.abs(growth - 18)).toBeLessThan(margin);
    expect(margin).toBeLessThan(2);
  });

  it('has a wider margin where each value is like the one before it', () => {
    const restless = fitLine(series(30, (_, noise) => 10 * noise));
    const slow = fitLine(series(30, (atS) => 10 * Math.sin(atS / 60)));
    expect(slow.margin).toBeGreaterThan(2 * restless.margin);
  });

  it.each([0, 1, 2])('says nothing from %d points', (count) => {
    const few = series(1, (atS, noise) => atS + noise).slice(0, count);
    expect(fitLine(few).margin).toBe(Infinity);
  });
});

it('the floor of a series is the lowest of each block', () => {
  const values = [5, 3, 4, 9, 8, 7, 1];
  const points = values.map((value, atS) => ({ atS, value }));
  expect(floorOf(points, 3)).toEqual([
    { atS: 1, value: 3 },
    { atS: 5, value: 7 },
  ]);
});

describe('the trend of a gauge', () => {
  const trend = (points: Point[], gauge = rss) => trendOf(points, gauge).trend;

  it('is growth where memory leaks 3 % in an hour', () => {
    expect(trend(series(45, (atS, noise) => 100 + (3 * atS) / 2_700 + noise))).toBe('grows');
  });

  it('is the same growth where only ten minutes are looked at', () => {
    expect(trend(series(10, (atS, noise) => 100 + (10 * atS) / 2_700 + 0.1 * noise))).toBe('grows');
  });

  it('is growth where a sawtooth rises', () => {
    expect(trend(series(45, (atS) => sawtooth(atS, 60) + (15 * atS) / 2_700))).toBe('grows');
  });

  it('is flat where a series only has noise', () => {
    expect(trend(series(45, (_, noise) => 100 + noise))).toBe('flat');
  });

  it.each([20, 60, 300, 900])(
    'is no growth where a heap fills and is collected every %d seconds',
    (periodS) => {
      for (const minutes of [7, 15, 22, 45].filter((all) => all * 60 >= 2 * periodS)) {
        expect(trend(series(minutes, (atS) => sawtooth(atS, periodS)))).not.toBe('grows');
      }
    },
  );

  it('is flat by its floor, where a heap that is collected does not grow', () => {
    const byFloor = { ...rss, floorOf: 12 };
    expect(
      trend(
        series(45, (atS) => sawtooth(atS, 60)),
        byFloor,
      ),
    ).toBe('flat');
  });

  it('is not decided where there are too few readings', () => {
    expect(trend(series(1, (_, noise) => 100 + 50 * noise).slice(0, 4))).toBe('unsure');
  });
});

describe('the verdict on a run', () => {
  const sampleOf = (atS: number, value: (gauge: string) => number): Sample => ({
    atS,
    values: Object.fromEntries([...gauges.keys()].map((name) => [name, value(name)])),
  });
  const run = (value: (gauge: string, atS: number) => number) => ({
    before: sampleOf(0, () => 100),
    during: Array.from({ length: 720 }, (_, n) => sampleOf(n * EVERY_S, (name) => value(name, n * EVERY_S))),
    after: sampleOf(3_700, () => 100),
  });

  it('holds for every gauge that stays where it is', () => {
    const rows = judge(run(() => 100));
    expect(rows.map(({ gauge }) => gauge)).toEqual([...gauges.keys()]);
    expect(rows.filter((row) => !holds(row))).toEqual([]);
  });

  it('does not look at the growth of the first fifteen minutes', () => {
    expect(judge(run((_, atS) => 100 + Math.min(900, atS))).every(holds)).toBe(true);
  });

  it.each([...gauges.keys()])('is broken by %s alone where that grows tenfold', (leaking) => {
    const rows = judge(run((name, atS) => (name === leaking ? 100 + atS / 4 : 100)));
    expect(rows.filter((row) => !holds(row)).map(({ gauge }) => gauge)).toEqual([leaking]);
  });

  const kept = [...gauges].filter(([, { mayKeep }]) => mayKeep !== undefined);
  it.each(kept)('is broken where %s does not come back', (name, { mayKeep = 0 }) => {
    const after = (more: number) => sampleOf(3_700, (one) => (one === name ? 100 + mayKeep + more : 100));
    const during = run(() => 100);
    expect(judge({ ...during, after: after(0) }).every(holds)).toBe(true);
    const rows = judge({ ...during, after: after(1) });
    expect(rows.filter((row) => !holds(row)).map(({ gauge }) => gauge)).toEqual([name]);
  });

  it('is broken where a reading is missing', () => {
    const rows = judge({ ...run(() => 100), after: { atS: 3_700, values: {} } });
    expect(rows.filter((row) => !holds(row)).map(({ gauge }) => gauge)).toEqual(kept.map(([name]) => name));
  });

  it('is a row of the table and a sentence for each gauge', () => {
    const rows = judge(run((name, atS) => (name === 'delivery RSS, MiB' ? 100 + atS / 36 : 100)));
    expect(tableOf(rows)).toMatch(/^\| ingest RSS, MiB \|.*\| flat \|.*\| holds \|$/m);
    expect(tableOf(rows)).toMatch(/^\| delivery RSS, MiB \|.*\| grows \|.*\| \*\*grows\*\* \|$/m);
    expect(rows.map(verdictOf).join('\n')).toMatch(
      /^BROKEN {2}delivery RSS, MiB: grows .*; back \(100 → 100\)$/m,
    );
  });
});

describe('what a run has broken', () => {
  const row = (gauge: string, peak: number) => ({
    gauge,
    before: 100,
    line: { level: 100, growth: 0, margin: 0 },
    mayGrow: 2,
    trend: 'flat' as const,
    peak,
    after: 100,
    isBack: true,
  });
  const good = {
    rows: [row('ingest RSS, MiB', LIMIT_MIB.ingest), row('delivery RSS, MiB', LIMIT_MIB.delivery)],
    heard: { missing: 0 },
    waits: { p99: 5_000 },
    crashes: [],
  };

  it('is nothing up to the limits', () => {
    expect(brokenIn(good)).toEqual([]);
  });

  it.each([
    ['ingest took 385 MiB', { rows: [row('ingest RSS, MiB', 385), row('delivery RSS, MiB', 100)] }],
    [
      'BROKEN  ingest RSS, MiB: grows',
      { rows: good.rows.map((one) => ({ ...one, trend: 'grows' as const })) },
    ],
    ['those who stayed miss 1 events', { heard: { missing: 1 } }],
    ['newcomers waited 5001 ms (p99)', { waits: { p99: 5_001 } }],
    ['newcomers waited ∞ ms (p99)', { waits: { p99: Number.NaN } }],
    ['delivery ended', { crashes: ['delivery ended'] }],
  ])('is said: %s', (start, change) => {
    expect(brokenIn({ ...good, ...change })[0]?.startsWith(start)).toBe(true);
  });

  it('goes by the memory that compose gives the services', () => {
    const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
      services: Record<string, { mem_limit: string }>;
    };
    const limitOf = (name: string) => /(\d+)m\}$/.exec(compose.services[name]?.mem_limit ?? '')?.[1];
    expect([limitOf('ingest'), limitOf('websocket')]).toEqual([
      String(LIMIT_MIB.ingest),
      String(LIMIT_MIB.delivery),
    ]);
  });

  it('goes by the young generation and the arenas that the image gives them', () => {
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    expect(dockerfile).toContain(`\nENV NODE_OPTIONS=${YOUNG_GENERATION}\n`);
    expect(dockerfile).toContain(`\nENV MALLOC_ARENA_MAX=${MALLOC_ENV.MALLOC_ARENA_MAX}\n`);
  });
});

describe("a metric in Prometheus' text", () => {
  const text = [
    '# TYPE nodejs_active_resources gauge',
    'nodejs_active_resources{type="Timeout"} 3',
    'nodejs_active_resources{type="TCPSocketWrap"} 4',
    'nodejs_active_resources_more 9',
    '# TYPE process_resident_memory_bytes gauge',
    'process_resident_memory_bytes 1.5e+7',
    '# TYPE nodejs_active_requests gauge',
    'roomcast_delivery_closes_total{code="4008"} 2',
    'roomcast_delivery_refusals_total{code="TOO_SLOW"} 1',
  ].join('\n');

  it('is the sum over its labels, or of one label', () => {
    expect(metricIn(text, 'nodejs_active_resources')).toBe(7);
    expect(metricIn(text, 'nodejs_active_resources', 'type="Timeout"')).toBe(3);
    expect(metricIn(text, 'process_resident_memory_bytes')).toBe(15_000_000);
  });

  it('is 0 where there is none of it with any label', () => {
    expect(metricIn(text, 'nodejs_active_requests')).toBe(0);
  });

  it('is no number where it is missing', () => {
    expect(metricIn(text, 'roomcast_delivery_sessions')).toBeNaN();
  });

  it('has closes and refusals by code', () => {
    expect(codesIn(text)).toEqual({ '4008': 2, TOO_SLOW: 1 });
  });
});
