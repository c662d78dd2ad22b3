import { jest } from '@jest/globals';
import { LookBack } from '../../services/delivery/stream/look-back.ts';
import { LongReplays } from '../../services/delivery/stream/long-replays.ts';
import type { Replay } from '../../services/delivery/stream/replay.ts';
import { Resume } from '../../services/delivery/stream/resume.ts';
import type { Rewinds } from '../../services/delivery/stream/rewinds.ts';
import type { ScanLanes, ScanSchedule } from '../../services/delivery/stream/scan-schedule.ts';
import type { Place } from '../../services/delivery/stream/completeness.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { cursorAt, cursorsOf, kept, NOON } from './fakes.ts';

const rooms: ReadonlySet<Address> = new Set<Address>(['provider_4', 'everyone']);
export const NOTHING = {
  found: false,
  beginsLater: false,
  beginsMs: Number.POSITIVE_INFINITY,
  fromStart: false,
  mayLackEarlier: false,
  tooMuch: false,
  syncsLeftOut: false,
  entries: [],
  rest: undefined,
};
export type ScanAnswer = Awaited<ReturnType<ScanSchedule['request']>>;

/** Entries that arrived one millisecond after the other from NOON on; covered from a position on. */
export function world({
  beforehand = [],
  entries = [],
  coveredFrom = 0,
  maxBytes = 1_000_000,
  nowMs = NOON + 60_000,
  inCluster = false,
  beginning,
  longReplays = 30,
  maxRewindSyncs = 100,
}: WorldOptions = {}) {
  const timeline = new Timeline(maxBytes);
  beforehand.forEach((entry, index) => timeline.append(kept(entry), NOON - 1_000 + index));
  entries.forEach((entry, index) => timeline.append(kept(entry), NOON + index));
  const scan = jest.fn<ScanSchedule['request']>();
  const readOn = jest.fn<ScanLanes['readOn']>();
  const rewind = jest.fn<Rewinds['read']>().mockResolvedValue(undefined);
  const covers = jest.fn((_patterns: readonly string[], position: number) => position >= coveredFrom);
  let now = nowMs;
  const slept: number[] = [];
  const clocks = {
    sleep: (ms: number) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
    wall: () => wallTime(now),
    now: () => now,
  };
  const resume = new Resume({
    liveness: { isAlive: true, outages: 0, whenAlive: () => Promise.resolve() },
    index: { roomsOf: () => rooms },
    timeline,
    completeness: { beginningFor: () => beginning },
    coverage: { covers },
    scans: { request: scan, readOn, isFar: (fromMs) => now - fromMs > 5 * 60_000 },
    rewinds: { read: rewind },
    quota: new LongReplays(longReplays),
    maxRewindSyncs,
    lookBack: new LookBack({ cluster: { isCluster: inCluster }, ...clocks }),
    ...clocks,
  });
  const member = { closed: false, userKey: 'provider:4' };
  const position = cursorAt(NOON);
  return {
    scan,
    covers,
    rewind,
    position,
    member,
    slept,
    readOn,
    answer: (answer: Partial<ScanAnswer>) =>
      scan.mockResolvedValueOnce({ ...NOTHING, mark: cursorAt(NOON), ...answer }),
    passBegins: () => passOf(scan),
    wait: (ms: number) => (now += ms),
    after: (cursor: unknown, who = member) => resume.plan(who, { cursor }, position),
    since: (sinceMs: number) => resume.plan(member, { sinceMs }, position),
  };
}

/** One that goes on until it is ended. */
function passOf(scan: jest.Mock<ScanSchedule['request']>) {
  let end: (answer: ScanAnswer) => void = () => undefined;
  scan.mockReturnValueOnce(new Promise((resolve) => (end = resolve)));
  return (answer: Partial<ScanAnswer>) => end({ ...NOTHING, mark: cursorAt(NOON), ...answer });
}

export interface WorldOptions {
  /** What arrived a second before `entries`. */
  beforehand?: readonly HistoryEntry[];
  entries?: readonly HistoryEntry[];
  coveredFrom?: number;
  maxBytes?: number;
  nowMs?: number;
  inCluster?: boolean;
  beginning?: Place;
  maxRewindSyncs?: number;
  /** That a user may ask for in a minute. */
  longReplays?: number;
}

export function replayed(replay: Replay): Cursor[] {
  return replay.recovered ? cursorsOf(replay.entries) : [];
}
