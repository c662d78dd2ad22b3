import { isWallClock } from './local-time.ts';
import type { Told } from './notice.ts';

/** Tolerance when matching an apparent step of the backend's clock; seconds. */
const TOLERANCE_S = 60;
/** How far apart the clocks of our own instances are; seconds. */
const APART_S = 10;
/** Zones are a multiple of a quarter of an hour apart, and at most 26 hours. */
const ZONE_STEP_S = 15 * 60;
const MAX_ZONE_CHANGE_S = 26 * 60 * 60;

/** When something was changed by the backend's clock, and when we heard of it by ours; seconds. */
export interface Timing {
  readonly updated: number | null;
  readonly seen: number;
}

/**
 * Whether a save is older than what is known: webhooks of concurrent requests overtake each other. The backend's
 * clock has no zone, so it is set back when daylight saving ends or an operator changes the zone; the newest save then looks
 * older, by exactly that step less the time that went by. Taking such a one for stale would lose it. Where backend and
 * ingest are on one machine whose clock is set back, what is known was heard of in the future, and both times are older by the same.
 */
export function isStale(known: Timing, told: Timing, now: number): boolean {
  if (known.updated === null || told.updated === null) return false;
  const olderBy = known.updated - told.updated;
  if (olderBy <= 0) return false;
  const heardEarlierBy = known.seen - told.seen;
  const isOursSetBack = known.seen > Math.max(now, told.seen) + APART_S;
  if (isOursSetBack && Math.abs(olderBy - heardEarlierBy) <= APART_S) return false;
  const setBackBy = olderBy - heardEarlierBy;
  const steps = Math.round(setBackBy / ZONE_STEP_S);
  const fitsAChange = steps >= 1 && Math.abs(setBackBy - steps * ZONE_STEP_S) <= TOLERANCE_S;
  return !(fitsAChange && setBackBy <= MAX_ZONE_CHANGE_S);
}

/** Ids are never used again: after a delete only what is newer than the row that was deleted counts. */
export function isOutdated(
  known: Timing & { readonly gone: boolean },
  { row, seen, now, observed }: Told<{ readonly update_datetime?: string | null | undefined }>,
): boolean {
  if (observed !== undefined) return false;
  const updated = secondsOf(row.update_datetime);
  if (known.gone && (updated === null || known.updated === null || updated <= known.updated)) return true;
  return isStale(known, { updated, seen }, now);
}

/** Seconds of a `Y-m-d H:i:s`, as if it were UTC: only differences mean anything. */
export function secondsOf(text: string | null | undefined): number | null {
  if (!isWallClock(text)) return null;
  const milliseconds = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}
