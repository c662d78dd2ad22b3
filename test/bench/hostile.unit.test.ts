import { describe, expect, it } from '@jest/globals';
import { attacks } from '../../bench/hostile/attacks.ts';
import { heardBy } from '../../bench/hostile/heard.ts';
import { bounds, brokenBounds, tableOf, type Measured, type Phase } from '../../bench/hostile/verdict.ts';

const phase = (change: Partial<Phase> = {}): Phase => ({
  clients: { p50: 2, p99: 10, longest: 12, missing: 0 },
  newcomers: { p50: 5, p99: 100, longest: 100, missing: 0 },
  events: 100,
  comebacks: 0,
  refusedPublishes: 0,
  cpu: { ingest: 10, delivery: 20 },
  ...change,
});

const good: Measured = {
  attack: 'frames-read',
  does: 'sends',
  quiet: phase(),
  during: phase(),
  memory: [
    { service: 'ingest', before: 100, peak: 200, after: 150 },
    { service: 'delivery', before: 100, peak: 200, after: 150 },
  ],
  liveMs: 1_000,
  crashes: [],
  attacker: {},
};

const { clients, newcomers } = phase();
const breaks: readonly (readonly [keyof typeof bounds, Partial<Measured>])[] = [
  ['missing', { during: phase({ clients: { ...clients, missing: 1 } }) }],
  ['missing', { during: phase({ newcomers: { ...newcomers, missing: 1 } }) }],
  ['p99', { during: phase({ clients: { ...clients, p99: 30.1 } }) }],
  ['newcomers', { during: phase({ newcomers: { ...newcomers, p99: 300.1 } }) }],
  ['growth', { memory: [{ service: 'delivery', before: 100, peak: 201, after: 100 }] }],
  ['given back', { memory: [{ service: 'ingest', before: 100, peak: 200, after: 151 }] }],
  ['live', { liveMs: 1_001 }],
  ['up', { crashes: ['delivery ended by itself: 134'] }],
];

describe('the verdict on an attack', () => {
  it('is good up to each bound', () => {
    const during = phase({ clients: { ...clients, p99: 30 }, newcomers: { ...newcomers, p99: 300 } });
    expect(brokenBounds({ ...good, during })).toEqual([]);
  });

  it.each(breaks)('names the bound that is broken: %s', (bound, change) => {
    expect(brokenBounds({ ...good, ...change })).toEqual([bound]);
  });

  it('knows every bound', () => {
    expect(new Set(breaks.map(([bound]) => bound))).toEqual(new Set(Object.keys(bounds)));
  });

  it('is a row of the table', () => {
    const table = tableOf([good, { ...good, attack: 'pings', liveMs: 2_000 }]);
    expect(table).toMatch(/^\| frames-read \|.*100 → 200 → 150.*\| holds \|$/m);
    expect(table).toMatch(/^\| pings \|.*\| \*\*live\*\* \|$/m);
  });
});

describe('what clients heard', () => {
  const NEVER = Number.NEGATIVE_INFINITY;
  const sentMs = new Map([
    ['h-1', 0],
    ['h-2', 50],
    ['h-3', 100],
  ]);

  it('is the wait for each event, and how many never came', () => {
    const arrivedMs = new Map([
      ['h-1', 4],
      ['h-3', 110],
    ]);
    expect(heardBy([{ startedMs: 0, arrivedMs, toldMs: NEVER }], sentMs)).toEqual({
      p50: 10,
      p99: 10,
      longest: 10,
      missing: 1,
    });
  });

  it('owes a newcomer only what was sent after it came', () => {
    const late = { startedMs: 75, arrivedMs: new Map([['h-3', 101]]), toldMs: NEVER };
    expect(heardBy([late], sentMs)).toEqual({ p50: 1, p99: 1, longest: 1, missing: 0 });
  });

  it('ends for what was left out with the word to load anew, and not for what was sent after that', () => {
    const told = { startedMs: 0, arrivedMs: new Map([['h-2', 51]]), toldMs: 60 };
    expect(heardBy([told], sentMs)).toEqual({ p50: 60, p99: 60, longest: 60, missing: 1 });
  });
});

describe('the attacks', () => {
  it('have a name each', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
  });
});
