import type { Verdict } from '../faults/checker.ts';
import type { Fact, Ledger } from '../faults/ledger.ts';

export interface Restart {
  readonly container: string;
  readonly fromMs: number;
  /** When its health check passed again. */
  readonly healthyMs: number;
  /** When everybody had an event that was published after that. */
  readonly toMs: number;
  /** How clients saw their connections end meanwhile, by code. */
  readonly closes: ReadonlyMap<number, number>;
}

const head = [
  'restarted',
  'healthy after',
  'all clients after',
  'sent',
  'tried again',
  'accepted within',
  'clients closed with',
];

/** What the log shows: a line for each restart, and what the run came to. */
export function restartTable(restarts: readonly Restart[], ledger: Ledger, verdict: Verdict): string {
  const rows = restarts.map(({ container, fromMs, healthyMs, toMs, closes }) => {
    const sent = ledger.facts.filter(({ firstTriedMs = 0 }) => firstTriedMs >= fromMs && firstTriedMs < toMs);
    return [
      container,
      seconds(healthyMs - fromMs),
      seconds(toMs - fromMs),
      String(sent.length),
      String(sent.filter(({ tries }) => tries > 1).length),
      seconds(Math.max(0, ...sent.map(timeToAccept))),
      [...closes].map(([code, count]) => `${code} × ${count}`).join(', ') || '-',
    ];
  });
  const { lost, misdelivered, outOfOrder, handledTwice, handledOutOfOrder } = verdict;
  const { falseAccepts, gaps, oddities, counts } = verdict;
  const results = Object.entries({
    ...counts,
    lost: lost.length,
    misdelivered: misdelivered.length,
    'out of order': outOfOrder.length,
    'handled twice': handledTwice.length,
    'handled out of order': handledOutOfOrder.length,
    'accepted, not in the history': falseAccepts.length,
    'gaps told': gaps.length,
    oddities: oddities.length,
  }).map(([name, count]) => [name, String(count)]);
  return [columns([head, ...rows]), '', columns(results), ...oddities.slice(0, 20)].join('\n');
}

function timeToAccept({ firstTriedMs = 0, acceptedMs = Number.POSITIVE_INFINITY }: Fact): number {
  return acceptedMs - firstTriedMs;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
