import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { ResumeFailure } from '../../../shared/contract/frames.ts';
import type { TimelineEntry } from './timeline.ts';

/** Where a session wants to go on: a client's cursor as it came, or a time of the steady clock for a client that has none. */
export type StartingPoint = { readonly cursor: unknown } | { readonly sinceMs: number };

export interface Recovered {
  readonly recovered: true;
  /** One page. */
  readonly entries: readonly TimelineEntry[];
  /** A rewind had more `calendar.sync` than it may send; the client is to load anew. */
  readonly syncsLeftOut?: boolean;
  readonly cursor: Cursor;
  /** Reads the next page, where there is one. */
  readonly more?: (() => Promise<Replay>) | undefined;
}

/** What a session is to be sent before it goes live. */
export type Replay =
  | Recovered
  | { readonly recovered: false; readonly reason: ResumeFailure; readonly cursor: Cursor };

/** Leaves entries out, on each of its pages. */
export function without(isUnwanted: (entry: TimelineEntry) => boolean, replay: Replay): Replay {
  if (!replay.recovered) return replay;
  const { entries, more } = replay;
  return {
    ...replay,
    entries: entries.filter((entry) => !isUnwanted(entry)),
    more: more && (async () => without(isUnwanted, await more())),
  };
}
