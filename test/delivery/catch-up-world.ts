import { jest } from '@jest/globals';
import { CatchUp, type CatchUpPorts, type Replay } from '../../services/delivery/stream/catch-up.ts';
import type { Place } from '../../services/delivery/stream/completeness.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { cursorAt, cursorsOf, kept, NOON } from './fakes.ts';

export const rooms: ReadonlySet<Address> = new Set<Address>(['provider_4', 'everyone']);
export const NOTHING = { found: false, beginsLater: false, beginsMs: Number.POSITIVE_INFINITY, entries: [] };
export type ScanAnswer = Awaited<ReturnType<CatchUpPorts['scan']>>;

/** Entries that arrived one millisecond after the other from NOON on; covered from a position on. */
export function world({
  entries = [],
  coveredFrom = 0,
  maxBytes = 1_000_000,
  nowMs = NOON + 60_000,
  inCluster = false,
  beginning,
}: WorldOptions = {}) {
  const timeline = new Timeline(maxBytes);
  entries.forEach((entry, index) => timeline.append(kept(entry), NOON + index));
  const scan = jest.fn<CatchUpPorts['scan']>();
  const covers = jest.fn((_room: Address, position: number) => position >= coveredFrom);
  let now = nowMs;
  const sleep = (ms: number) => {
    now += ms;
    return Promise.resolve();
  };
  const catchUp = new CatchUp({
    timeline,
    beginningFor: () => beginning,
    covers,
    scan,
    inCluster: () => inCluster,
    sleep,
    wall: () => wallTime(now),
    now: () => now,
  });
  const position = cursorAt(NOON);
  return {
    scan,
    covers,
    position,
    answer: (answer: Partial<ScanAnswer>) =>
      scan.mockResolvedValueOnce({ ...NOTHING, mark: cursorAt(NOON), ...answer }),
    after: (cursor: unknown) => catchUp.plan(rooms, { cursor }, position),
    since: (sinceMs: number) => catchUp.plan(rooms, { sinceMs }, position),
  };
}

export interface WorldOptions {
  entries?: readonly HistoryEntry[];
  coveredFrom?: number;
  maxBytes?: number;
  nowMs?: number;
  inCluster?: boolean;
  beginning?: Place;
}

export function replayed(replay: Replay): Cursor[] {
  return replay.recovered ? cursorsOf(replay.entries) : [];
}
