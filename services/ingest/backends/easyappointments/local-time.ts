import { DateTime } from 'luxon';

/** `Y-m-d H:i:s`, as the backend writes times; luxon would take a time alone too, as one of today. */
const WALL_CLOCK_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

type Text = string | null | undefined;

export function isWallClock(text: Text): text is string {
  return text !== null && text !== undefined && WALL_CLOCK_TIME.test(text);
}

/** RFC 3339 in `start` and `end`; wall-clock times in the others, where the zone is not known. */
type Slot = Partial<Readonly<Record<'start' | 'end' | 'start_local' | 'end_local', string>>>;

/**
 * When something is, for clients: with an offset, or under other keys without one. The end is never before the start: one
 * that begins within the hour that daylight saving skips keeps its length.
 */
export function slotOf({ start, end }: { readonly start?: Text; readonly end?: Text }, zone: Text): Slot {
  const begins = rfc3339(start, zone);
  const moved = isSkipped(start, zone) ? shifted(begins, start, end, zone) : undefined;
  return { ...timeAs('start', begins, start), ...timeAs('end', moved ?? rfc3339(end, zone), end) };
}

/**
 * RFC 3339 of a wall-clock time `Y-m-d H:i:s` in an IANA zone; `undefined` where either is none. A time that the
 * zone skips moves forward, one that it has twice is the first.
 */
export function rfc3339(text: Text, zone: Text): string | undefined {
  const time = timeIn(text, zone);
  if (time === undefined) return undefined;
  // Of a time that comes twice luxon takes the one whose offset is in force today.
  const [first = time] = time.getPossibleOffsets();
  return first.toISO({ suppressMilliseconds: true });
}

/** No zone on earth is behind it. */
const LAST_ZONE = 'UTC-12';

/** What a clock shows in an IANA zone, `Y-m-d H:i:s`; where that is none, in the zone that gets there last. */
export function wallClockAt(ms: number, zone: Text): string {
  const time = DateTime.fromMillis(ms, { zone: zone ?? LAST_ZONE });
  const shown = time.isValid ? time : DateTime.fromMillis(ms, { zone: LAST_ZONE });
  return shown.toFormat('yyyy-MM-dd HH:mm:ss');
}

function timeIn(text: Text, zone: Text): DateTime<true> | undefined {
  if (!isWallClock(text) || zone === null || zone === undefined) return undefined;
  const time = DateTime.fromSQL(text, { zone });
  return time.isValid ? time : undefined;
}

function isSkipped(text: Text, zone: Text): boolean {
  const time = timeIn(text, zone);
  return time !== undefined && time.toFormat('yyyy-MM-dd HH:mm:ss') !== text;
}

/** The end of a slot whose start moved forward, if both are on one day. */
function shifted(begins: string | undefined, start: Text, end: Text, zone: Text): string | undefined {
  const [from, to] = [timeIn(start, 'UTC'), timeIn(end, 'UTC')];
  if (begins === undefined || from === undefined || to === undefined) return undefined;
  if (to < from || !to.hasSame(from, 'day')) return undefined;
  const ends = DateTime.fromISO(begins, { zone: zone ?? 'UTC' }).plus(to.diff(from));
  return ends.isValid ? ends.toISO({ suppressMilliseconds: true }) : undefined;
}

function timeAs(key: 'start' | 'end', time: string | undefined, text: Text): Slot {
  if (time !== undefined) return { [key]: time };
  return text === null || text === undefined ? {} : { [`${key}_local`]: text };
}

/** The wall clock of a provider when something was told, `Y-m-d H:i:s`; never ahead of it where the zone is not known. */
export type LocalNow = (provider: number) => string;

/** Whether an appointment has ended where it takes place; one that does not say when has not. */
export function isOver(
  { provider, start, end }: { readonly provider: number; readonly start: Text; readonly end: Text },
  nowOf: LocalNow,
): boolean {
  const last = end ?? start;
  return isWallClock(last) && last < nowOf(provider);
}
