import { fitLine, floorOf, type Line, type Point } from './fit.ts';
import { gauges, nameOf, type Gauge } from './gauges.ts';
import { LIMIT_MIB } from './memory-limits.ts';

/** Every gauge at one moment, by its name. */
export interface Sample {
  readonly atS: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface Series {
  /** Before a client came, after all had left. */
  readonly before: Sample;
  readonly after: Sample;
  /** While they were there. */
  readonly during: readonly Sample[];
}

/** `unsure`: it may have grown too much, and the readings are too few or too restless to say. */
type Trend = 'flat' | 'grows' | 'unsure';

export interface Row {
  readonly gauge: string;
  readonly before: number;
  readonly line: Line;
  /** Over the time of the line, in the unit of the gauge. */
  readonly mayGrow: number;
  readonly trend: Trend;
  readonly peak: number;
  readonly after: number;
  readonly isBack: boolean;
}

const WARM_UP_SHARE = 0.25;
const LONGEST_WARM_UP_S = 15 * 60;
/** What a newcomer may wait for the first event. */
const WAIT_MS = 5_000;
/** What `mayGrow` is given for: an hour without its warm-up. */
const REFERENCE_S = 45 * 60;

/** One row for each gauge. */
export function judge({ before, during, after }: Series): Row[] {
  const [firstS, lastS] = [during[0]?.atS ?? 0, during.at(-1)?.atS ?? 0];
  const warmS = firstS + Math.min(LONGEST_WARM_UP_S, (lastS - firstS) * WARM_UP_SHARE);
  return [...gauges].map(([name, gauge]) => {
    const valueOf = ({ values }: Sample) => values[name] ?? Number.NaN;
    const points = during.map((sample): Point => ({ atS: sample.atS, value: valueOf(sample) }));
    return {
      gauge: name,
      before: valueOf(before),
      ...trendOf(
        points.filter(({ atS }) => atS >= warmS),
        gauge,
      ),
      peak: Math.max(...points.map(({ value }) => value)),
      after: valueOf(after),
      isBack: isBack(gauge, valueOf(before), valueOf(after)),
    };
  });
}

/** What is called growth in a shorter run is smaller in proportion, so that the same leak is one there. */
export function trendOf(points: readonly Point[], gauge: Gauge): Pick<Row, 'line' | 'mayGrow' | 'trend'> {
  const line = fitLine(gauge.floorOf === undefined ? points : floorOf(points, gauge.floorOf));
  const spanS = (points.at(-1)?.atS ?? 0) - (points[0]?.atS ?? 0);
  const { share, by } = gauge.mayGrow;
  const mayGrow = (share * Math.abs(line.level) + by) * Math.min(1, spanS / REFERENCE_S);
  const { growth, margin } = line;
  if (growth - margin > mayGrow) return { line, mayGrow, trend: 'grows' };
  return { line, mayGrow, trend: growth + margin <= mayGrow ? 'flat' : 'unsure' };
}

/** A reading that is missing is not back. */
export function isBack({ mayKeep }: Gauge, before: number, after: number): boolean {
  return mayKeep === undefined || after <= before + mayKeep;
}

export function holds({ trend, isBack }: Row): boolean {
  return trend !== 'grows' && isBack;
}

interface Run {
  readonly rows: readonly Row[];
  /** Of those who stayed all the time. */
  readonly heard: { readonly missing: number };
  /** Of newcomers, until their first event; milliseconds. */
  readonly waits: { readonly p99: number };
  readonly crashes: readonly string[];
}

/** What does not hold, in sentences. */
export function brokenIn({ rows, heard, waits, crashes }: Run): string[] {
  const peaks = (['ingest', 'delivery'] as const).flatMap((service) => {
    const peak = rows.find(({ gauge }) => gauge === nameOf(service, 'RSS, MiB'))?.peak ?? Number.NaN;
    const limit = LIMIT_MIB[service];
    return peak <= limit ? [] : [`${service} took ${short(peak)} MiB, and compose gives it ${limit}`];
  });
  const missing = heard.missing === 0 ? [] : [`those who stayed miss ${heard.missing} events`];
  const late =
    waits.p99 <= WAIT_MS
      ? []
      : [`newcomers waited ${short(waits.p99)} ms (p99) for their first event, may ${WAIT_MS}`];
  return [...rows.filter((row) => !holds(row)).map(verdictOf), ...peaks, ...missing, ...late, ...crashes];
}

export function tableOf(rows: readonly Row[]): string {
  const head = ['gauge', 'before', 'warm', 'growth', 'may grow', 'trend', 'peak', 'after', 'verdict'];
  const lines = [head, head.map(() => '---'), ...rows.map(cellsOf)];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

/** One sentence for each gauge. */
export function verdictOf(row: Row): string {
  const { gauge, before, line, mayGrow, trend, after, isBack } = row;
  const growth = `${short(line.level)} ${growthOf(line)}, may grow ${short(mayGrow)}`;
  return `${holds(row) ? 'holds' : 'BROKEN'}  ${gauge}: ${trend} (${growth}); ${isBack ? 'back' : 'NOT BACK'} (${short(before)} → ${short(after)})`;
}

function cellsOf(row: Row): string[] {
  const { gauge, before, line, mayGrow, trend, peak, after, isBack } = row;
  const numbers = [before, line.level].map(short);
  const verdict = holds(row) ? 'holds' : `**${[trend, ...(isBack ? [] : ['not back'])].join(', ')}**`;
  return [gauge, ...numbers, growthOf(line), short(mayGrow), trend, short(peak), short(after), verdict];
}

function growthOf({ growth, margin }: Line): string {
  return `${growth < 0 ? '' : '+'}${short(growth)} ± ${short(margin)}`;
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '∞';
}
