import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findingsIn, isGood, kindsIn } from './checker.ts';
import type { Finding } from './finding.ts';
import type { RunResult } from './run.ts';
import { describeFault } from './schedule.ts';

const FINDINGS_SHOWN = 5;
/** Around the acceptance of an event, what happened to its client. */
const BEFORE_MS = 25_000;
const AFTER_MS = 40_000;

/** The table, and for every kind of failure the first few with what happened around them. */
export function reportOf(seed: number, result: RunResult): string {
  const { verdict, minutes, applied } = result;
  const { oddities, counts } = verdict;
  const kinds = kindsIn(verdict);
  const rows: (readonly [string, string | number])[] = [
    ['seed', seed],
    ['minutes', minutes.toFixed(1)],
    ['faults', applied.length],
    ...Object.entries(counts),
    ...Object.entries(kinds).map(([name, { length }]) => [name, length] as const),
    ['oddities', oddities.length],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
  if (isGood(verdict))
    return `${table}\nGOOD: nothing was lost, misdelivered, out of order, handled twice, accepted falsely or falsely said to be delivered, and nobody was woken in vain, again or not at all.`;
  const file = join(result.folder.logs, 'findings.txt');
  writeFileSync(
    file,
    [timeline(result), ...findingsIn(verdict).map((finding) => explain(finding, result))].join('\n\n'),
  );
  return [
    table,
    ...oddities.slice(0, 20).map((oddity) => `ODD: ${oddity}`),
    ...Object.values(kinds).flatMap((kind) =>
      kind.slice(0, FINDINGS_SHOWN).map((finding) => explain(finding, result)),
    ),
    `BAD: seed ${seed}. All findings: ${file}, beside the logs of the processes.`,
  ].join('\n');
}

function timeline({ applied, startedMs }: RunResult): string {
  return [...applied]
    .sort((left, right) => left.fromMs - right.fromMs)
    .map(
      ({ fault, fromMs, toMs }) =>
        `${at(fromMs, startedMs)} to ${at(toMs, startedMs)}: ${describeFault(fault).trim()}`,
    )
    .join('\n');
}

function explain({ client, event, what }: Finding, { startedMs, applied }: RunResult): string {
  const fact = event?.fact;
  const aroundMs = fact?.acceptedMs ?? fact?.firstTriedMs;
  const near = (atMs: number) =>
    aroundMs === undefined || (atMs > aroundMs - BEFORE_MS && atMs < aroundMs + AFTER_MS);
  const head = `${what.toUpperCase()}: ${event?.id ?? ''} ${client === undefined ? '' : `to ${client.person.name}`}`;
  const accepted =
    fact === undefined
      ? ''
      : `  by ${fact.entrance}, tried from ${at(fact.firstTriedMs, startedMs)}, accepted ${at(fact.acceptedMs, startedMs)}, ${fact.tries} tries`;
  const faults = applied
    .filter(({ fromMs, toMs }) => near(fromMs) || near(toMs))
    .map(({ fault, fromMs, toMs }) => ({
      atMs: fromMs,
      what: `FAULT ${fault.kind} #${fault.target} until ${at(toMs, startedMs)}`,
    }));
  const happened = [...faults, ...(client?.journey.journal ?? []).filter(({ atMs }) => near(atMs))]
    .sort((left, right) => left.atMs - right.atMs)
    .map((line) => `  ${at(line.atMs, startedMs)} ${line.what}`);
  return [head, accepted, ...happened].join('\n');
}

function at(ms: number | undefined, startedMs: number): string {
  return ms === undefined ? 'never' : `${((ms - startedMs) / 1_000).toFixed(3)} s`;
}
