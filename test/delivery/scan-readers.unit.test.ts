import { describe, expect, it } from '@jest/globals';
import { Scan } from '../../services/delivery/stream/scan.ts';
import { NO_LIMITS, type ScanRequest } from '../../services/delivery/stream/scan-request.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { cursorsOf, event, kept, NOON } from './fakes.ts';

const since = (sinceMs: number): ScanRequest => ({
  from: { sinceMs },
  wants: new Set(['provider_4']),
});

function scan(history: readonly HistoryEntry[], ...requests: ScanRequest[]) {
  const pass = new Scan(requests);
  for (const entry of history) pass.add(entry);
  return pass.finish();
}

describe('a scan for many readers', () => {
  it('gives each the events of its rooms, and one that is in several of them once', () => {
    const [four, five, both] = [
      event(),
      event({ rooms: ['provider_5'] }),
      event({ rooms: ['provider_4', 'provider_5'] }),
    ];
    const history = [four, five, both];
    const results = scan(
      history,
      since(NOON),
      { ...since(NOON), wants: new Set(['provider_5']) },
      { ...since(NOON), wants: new Set(['provider_4', 'provider_5']) },
      { ...since(NOON), wants: (room) => room === 'provider_5' },
      { ...since(NOON), wants: new Set() },
    );
    expect(results.map(({ entries }) => cursorsOf(entries))).toEqual(
      [[four, both], [five, both], [four, five, both], [five, both], []].map(cursorsOf),
    );
  });

  it('gives what memory has as it is there, with the bytes that were made of it', () => {
    const [recent, older] = [event(), event()];
    const timeline = new Timeline(1_000_000);
    const entry = kept(recent);
    timeline.append(entry, NOON);
    const pass = new Scan([since(NOON)], NO_LIMITS, (one) => timeline.shared(one));
    for (const one of [older, recent]) pass.add(one);
    const [given] = pass.finish();
    expect(given?.entries.map(({ cursor }) => cursor)).toEqual([older.cursor, recent.cursor]);
    expect(given?.entries[1]).toBe(entry);
  });

  it('starts each at its own time, in whatever order they asked', () => {
    const history = [NOON, NOON + 1, NOON + 2].map((atMs) => event({ atMs }));
    const results = scan(history, since(NOON + 1), since(NOON + 2), since(NOON));
    expect(results.map(({ entries }) => entries.length)).toEqual([2, 1, 3]);
  });

  it('keeps nothing for one that has left while others go on', () => {
    const reader = { closed: false };
    const pass = new Scan([{ ...since(NOON), reader }, since(NOON)]);
    for (let count = 0; count < 250; count += 1) pass.add(event());
    reader.closed = true;
    for (let count = 0; count < 250; count += 1) pass.add(event());
    expect(pass.finish().map(({ entries }) => entries.length)).toEqual([0, 500]);
  });
});
