import type { TimelineEntry } from './timeline.ts';

/** Says that something has changed and no more: one reload stands for any number of them. */
const SYNC = 'calendar.sync';

export function isSync(type: string | undefined): boolean {
  return type === SYNC;
}

export function withoutSyncs(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return entries.filter(({ frame }) => !isSync(frame?.dotted.name));
}

/** Where there are more of them than `max`, none. */
export function boundSyncs(entries: readonly TimelineEntry[], max: number) {
  const rest = withoutSyncs(entries);
  const syncsLeftOut = entries.length - rest.length > max;
  return { entries: syncsLeftOut ? rest : entries, syncsLeftOut };
}
