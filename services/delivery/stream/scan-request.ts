import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { Address } from '../../../shared/contract/routing.ts';

/** What one reader wants from the history: everything in its rooms after a cursor, or since a time. */
export interface ScanRequest {
  readonly from: FromCursor | { readonly sinceMs: number };
  /** The rooms whose events are read; where they change meanwhile, whether a room is one of them. */
  readonly wants: ReadonlySet<Address> | ((room: Address) => boolean);
  /** Who asks; once it is gone, nothing is read for it. */
  readonly reader?: { readonly closed: boolean };
  /** Identities of all in its earlier pages, where it has had any: its next one is all that it is read now, and everything was counted. */
  readonly had?: ReadonlySet<string>;
  /** So many `calendar.sync` at most, and none where there are more: a reader that is told to load anew needs none. */
  readonly maxSyncs?: number;
  /** Stamp behind which the cursor's entry is not expected any more; Unix milliseconds. */
  readonly hopelessAfterMs?: number;
}

/** Wanted behind a page. */
export type NextPage = Omit<ScanRequest, 'from' | 'had'> & Required<Pick<ScanRequest, 'had'>>;

/** What one reader is given at most. */
export interface ReplayLimits {
  readonly events: number;
  /** Of their bodies. */
  readonly bytes: number;
  /** Of memory; what is more than that is read once these are sent. */
  readonly pageBytes: number;
}

export const NO_LIMITS: ReplayLimits = {
  events: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  pageBytes: Number.POSITIVE_INFINITY,
};

/** An entry of the stream. */
export interface StreamPlace {
  readonly cursor: Cursor;
  readonly offset: number;
}

export interface FromCursor {
  readonly cursor: Cursor;
  /**
   * What the reader had before the cursor's entry. A broker that is killed may have handed an entry to a queue and
   * not to the history; the last of these that is there stands in for it.
   */
  readonly earlier?: readonly Cursor[];
  /** Where reading begins if this entry stands before the cursor's: after it something may have been missing. */
  readonly beginning?: Cursor;
}

/** Nothing is read for a session that has gone. */
export function hasLeft({ reader }: ScanRequest): boolean {
  return reader?.closed === true;
}

export function isWanted({ wants }: ScanRequest, room: Address): boolean {
  return typeof wants === 'function' ? wants(room) : wants.has(room);
}
